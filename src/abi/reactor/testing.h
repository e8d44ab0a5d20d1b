// A reactor without Python, for tests: what it is told to do is in the names.
#pragma once

#include <string_view>

namespace weft::abi::reactor {

// Registering or unregistering what begins with "bad" fails, and "trap" traps. apply_… of a name
// that begins with e: the arguments are the whole answer, which the callback is told first;
// t: traps; l: never ends; c: how many have been registered less those unregistered; w: calls back
// with another id; o: an answer outside of the memory.
inline constexpr std::string_view kTestReactor = R"((module
  (import "host" "callback" (func $callback (param i32 i32)))
  (memory (export "memory") 16)
  (global $top (mut i32) (i32.const 4096))
  (global $count (mut i32) (i32.const 0))
  (data (i32.const 16) "{\"value\":\"\",\"tag\":\"ok\"}")
  (data (i32.const 64) "{\"value\":\"bad\",\"tag\":\"err\"}")
  (data (i32.const 112) "{\"value\":0,\"tag\":\"ok\"}")
  (func (export "_initialize"))
  (func (export "init"))
  (func $allocate (export "allocate") (param $size i32) (result i32)
    (global.get $top)
    (global.set $top (i32.and (i32.const -8)
      (i32.add (global.get $top) (i32.add (local.get $size) (i32.const 8))))))
  (func (export "deallocate") (param i32 i32))
  (func $answer (param $text i32) (param $size i32) (result i32)
    (local $row i32) (local $answer i32)
    (local.set $row (call $allocate (i32.const 12)))
    (local.set $answer (call $allocate (i32.const 9)))
    (i32.store (local.get $row) (local.get $text))
    (i32.store offset=4 (local.get $row) (i32.const 31))
    (i32.store offset=8 (local.get $row) (local.get $size))
    (i32.store8 (local.get $answer) (i32.const 0))
    (i32.store offset=1 align=1 (local.get $answer) (local.get $row))
    (i32.store offset=5 align=1 (local.get $answer) (i32.const 1))
    (local.get $answer))
  (func $change (param $array i32) (param $by i32) (result i32)
    (local $first i32)
    (local.set $first (i32.load8_u (i32.load (local.get $array))))
    (if (i32.eq (local.get $first) (i32.const 116)) (then unreachable))
    (if (i32.eq (local.get $first) (i32.const 98))
      (then (return (call $answer (i32.const 64) (i32.const 27)))))
    (global.set $count (i32.add (global.get $count) (local.get $by)))
    (call $answer (i32.const 16) (i32.const 23)))
  (func $apply (param $array i32) (result i32)
    (local $first i32) (local $id i32)
    (local.set $id (i32.load (i32.load (local.get $array))))
    (local.set $first (i32.load8_u (i32.load offset=8 (local.get $array))))
    (if (i32.eq (local.get $first) (i32.const 116)) (then unreachable))
    (if (i32.eq (local.get $first) (i32.const 108)) (then (loop $again (br $again))))
    (if (i32.eq (local.get $first) (i32.const 111)) (then (return (i32.const -4))))
    (if (i32.eq (local.get $first) (i32.const 119))
      (then (call $callback (i32.add (local.get $id) (i32.const 1))
        (call $answer (i32.const 16) (i32.const 23)))))
    (if (i32.eq (local.get $first) (i32.const 99))
      (then
        (i32.store8 (i32.const 121) (i32.add (i32.const 48) (global.get $count)))
        (return (call $answer (i32.const 112) (i32.const 22)))))
    (call $callback (local.get $id)
      (call $answer (i32.load offset=16 (local.get $array)) (i32.load offset=20 (local.get $array))))
    (call $answer (i32.load offset=16 (local.get $array)) (i32.load offset=20 (local.get $array))))
  (func $identity (export "identity") (param i32 i32) (result i32)
    (call $answer (i32.const 16) (i32.const 23)))
  (func $add (param i32 i32) (result i32) (call $change (local.get 0) (i32.const 1)))
  (func $remove (param i32 i32) (result i32) (call $change (local.get 0) (i32.const -1)))
  (func $use (param i32 i32) (result i32) (call $apply (local.get 0)))
  (export "register_lambda" (func $add)) (export "register_def" (func $add))
  (export "register_module" (func $add))
  (export "unregister_lambda" (func $remove)) (export "unregister_def" (func $remove))
  (export "unregister_module" (func $remove))
  (export "apply_lambda" (func $use)) (export "apply_def" (func $use))
  (export "apply_module" (func $use))))";

}  // namespace weft::abi::reactor
