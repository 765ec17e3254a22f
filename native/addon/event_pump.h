// Wakes JavaScript from any thread: one thread-safe function whose call is coalesced by the
// engine's FactHub, and which carries no data — JavaScript drains the facts itself. Made,
// referenced and released on the JavaScript thread.
#pragma once

#include <napi.h>

namespace mixminus {

class EventPump {
 public:
  EventPump(Napi::Env env, Napi::Function wake);

  // Any thread, until Release has returned and all threads have ended.
  void Wake() noexcept;

  // Whether a pending engine keeps the process alive.
  void KeepAlive(Napi::Env env, bool alive);
  void Release();

 private:
  Napi::ThreadSafeFunction function_;
  bool alive_ = true;
  bool released_ = false;
};

}  // namespace mixminus
