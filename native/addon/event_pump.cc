// See event_pump.h.
#include "addon/event_pump.h"

namespace mixminus {

EventPump::EventPump(Napi::Env env, Napi::Function wake)
    : function_(Napi::ThreadSafeFunction::New(env, wake, "mixminus", 0, 1)) {
  KeepAlive(env, false);
}

void EventPump::Wake() noexcept {
  // Non-blocking: a worker never waits for JavaScript. A refusal means that the environment is
  // closing.
  (void)function_.NonBlockingCall();
}

void EventPump::KeepAlive(Napi::Env env, bool alive) {
  if (alive == alive_ || released_) return;
  alive_ = alive;
  if (alive) {
    function_.Ref(env);
  } else {
    function_.Unref(env);
  }
}

void EventPump::Release() {
  if (released_) return;
  released_ = true;
  function_.Release();
}

}  // namespace mixminus
