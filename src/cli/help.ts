/**
 * The parts of --help that no option list can tell: examples, exit codes, where values come from. Text only; program.ts appends it.
 */

export const mainHelp = `
Try it:
  mixminus demo     a room of three on this machine, checked by its recordings
  mixminus serve    a server on port 5060; call sip:lobby@<this machine> from two phones
  mixminus call sip:lobby@127.0.0.1 --play a.wav --record b.wav

Exit codes: 0 done; 1 it could not be done; 2 wrong command, option, value or file.
mixminus <command> --help tells all about a command.
`;

export const serveHelp = `
Rooms:
  The part before the @ is the room; it appears with its first caller and goes with its last. Upper
  and lower case are the same. A call without a room gets 404. Anyone who can reach the server may join,
  unless --users names a file.

Users:
  --users names a text file with one user a line: user:password, or user:realm:hash as htdigest writes
  it, with the MD5 or SHA-256 of user:realm:password in hexadecimal. Empty lines and lines that begin
  with # do not count. Callers are challenged (digest, SHA-256 and MD5); wrong passwords get 403.
  For phones that give up where anything but MD5 is offered, give every user by an MD5 hash.
  Phones may register, each user under the own name; calls go to rooms all the same.

Where values come from, the first that is given wins:
  1. the options above; of one that is not repeatable, the last
  2. environment: MIXMINUS_LISTEN (several with commas), MIXMINUS_ADVERTISE, MIXMINUS_MEDIA_PORTS,
     MIXMINUS_MAX_CALLS, MIXMINUS_MAX_MEMBERS, MIXMINUS_LOUDEST, MIXMINUS_CODECS, MIXMINUS_JITTER_MS,
     MIXMINUS_WORKERS,
     MIXMINUS_USERS, MIXMINUS_TLS_CERT, MIXMINUS_TLS_KEY, MIXMINUS_TLS_CA, MIXMINUS_WS_ORIGINS,
     MIXMINUS_MAX_CONNECTIONS, MIXMINUS_MAX_RATE, MIXMINUS_MAX_LOOP_DELAY_MS, MIXMINUS_TRACE,
     MIXMINUS_TRACE_MAX_MB, MIXMINUS_LOG_LEVEL, MIXMINUS_CONFIG
  3. the file of --config:
     {"listen": ["udp://0.0.0.0:5060"], "advertise": "203.0.113.7", "mediaPorts": "16384-32767",
      "maxCalls": 200, "maxMembers": 20, "loudest": "all", "codecs": ["pcmu"], "workers": 2,
      "jitterMs": 60,
      "users": "users.txt", "tlsCert": "cert.pem", "tlsKey": "key.pem", "tlsCa": "ca.pem",
      "wsOrigins": ["https://phone.example.com"], "trace": "sip.pcap", "traceMaxMb": 100,
      "maxConnections": 2000, "maxRate": 20, "maxLoopDelayMs": 300,
      "logLevel": "info"}
  4. the defaults

Signals:
  Ctrl-C (SIGINT), SIGTERM and SIGHUP end all calls with BYE and exit with 0. A second signal within
  a second is taken for an echo of the first; another one ends the process at once, with 130 (SIGINT)
  or 143 (SIGTERM). With --tls-cert or --tls-ca SIGHUP reads the files of certificates again instead: new
  connections have them, those that stand keep theirs; files that cannot be used change nothing.

With --json, one object a line, each with "event" and "time":
  listening {listen, pid}, room {room, state}, joined and left {room, id, from, displayName, members, …},
  refused {target, from, status, reason}, gaveUp {target, from}, warning {code, message}, reloaded, closed; error {message, exitCode}

Exit codes: 0 stopped by a signal; 1 it could not start (port in use, …); 2 wrong option, value or
config file.

Examples:
  mixminus serve
  mixminus serve --listen udp://192.0.2.10:5060 --listen 'udp://[2001:db8::10]:5060'
  mixminus serve --listen tcp://0.0.0.0:5060 --listen tls://0.0.0.0:5061 --tls-cert cert.pem --tls-key key.pem
  mixminus serve --advertise 203.0.113.7 --media-ports 20000-20999   (behind a NAT that forwards these)
  mixminus serve --max-members 20 --json | jq .event
`;

export const callHelp = `
The scheme sip: may be left out; sips: and ;transport=tls call over TLS, ;transport=tcp over TCP,
;transport=ws and wss over WebSocket. Without --play the other side hears silence. --play takes WAV files
of PCM, float, A-law or µ-law and Ogg Opus, at any rate; --record writes PCM of 16 bits at the rate of the
call, or Ogg Opus. Ctrl-C hangs up.
A server that asks who is calling is told --user and the password in the environment's MIXMINUS_PASSWORD.

With --json, one object a line, each with "event" and "time":
  calling {target}, progress {status, reason}, answered {remote, codec, media}, stats each second,
  dtmf {digit, durationMs}, dtmfSent {digits}, dtmfFailed {message}, remoteHold {held}, ended {answered, …} last; error {message, exitCode}

Exit codes: 0 the call was answered; 1 it was not (the line says why), or a file failed during the
call; 2 wrong address, option or file.

Examples:
  mixminus call sip:lobby@127.0.0.1:5060 --play hello.wav
  mixminus call sip:lobby@conference.example.com --record meeting.wav --duration 1h
  mixminus call 'sip:lobby@127.0.0.1;transport=tcp' --play hello.wav
  mixminus call lobby@[::1] --play music.wav --loop --duration 30s --json
`;

export const demoHelp = `
The sounds are speech where espeak-ng is installed, otherwise tones. Into each a hum of its own pitch
(61.7, 75.3, 93.1 Hz) is mixed, by which the recordings are judged: a caller must hear the hum of each
other caller as loud as it was sent, within 3 dB, and its own at less than -60 dB.

With --json, one object a line, each with "event" and "time":
  listening, joined, status each second, result {ok, folder, callers, failures} last

Exit codes: 0 each caller heard exactly the other two; 1 somebody did not, or it could not run;
2 wrong option.

Examples:
  mixminus demo
  mixminus demo --seconds 30 --out ./heard
`;
