;; Something that computes: a sieve of Eratosthenes in linear memory.
(module
  (memory (export "memory") 1)

  ;; How many primes are below $limit. Memory grows to one byte for each candidate;
  ;; when the memory limit does not allow it, the call traps with "unreachable".
  (func $count_primes (export "count_primes") (param $limit i32) (result i32)
    (local $i i32) (local $j i32) (local $count i32)
    (call $reserve (local.get $limit))
    (memory.fill (i32.const 0) (i32.const 0) (local.get $limit))
    (local.set $i (i32.const 2))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $limit)))
        (if (i32.eqz (i32.load8_u (local.get $i)))
          (then
            (local.set $count (i32.add (local.get $count) (i32.const 1)))
            (local.set $j (i32.shl (local.get $i) (i32.const 1)))
            (block $marked
              (loop $mark
                (br_if $marked (i32.ge_u (local.get $j) (local.get $limit)))
                (i32.store8 (local.get $j) (i32.const 1))
                (local.set $j (i32.add (local.get $j) (local.get $i)))
                (br $mark)))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (local.get $count))

  ;; 1 when $n is prime, 0 when it is not, by trial division.
  (func (export "is_prime") (param $n i64) (result i32)
    (local $d i64)
    (if (i64.lt_u (local.get $n) (i64.const 2)) (then (return (i32.const 0))))
    (local.set $d (i64.const 2))
    (loop $next
      (if (i64.gt_u (local.get $d) (i64.div_u (local.get $n) (local.get $d)))
        (then (return (i32.const 1))))
      (if (i64.eqz (i64.rem_u (local.get $n) (local.get $d)))
        (then (return (i32.const 0))))
      (local.set $d (i64.add (local.get $d) (i64.const 1)))
      (br $next))
    (unreachable))

  ;; Grows memory until $bytes fit.
  (func $reserve (param $bytes i32)
    (local $missing i32)
    (local.set $missing
      (i32.sub
        (i32.shr_u (i32.add (local.get $bytes) (i32.const 65535)) (i32.const 16))
        (memory.size)))
    (if (i32.gt_s (local.get $missing) (i32.const 0))
      (then
        (if (i32.eq (memory.grow (local.get $missing)) (i32.const -1))
          (then (unreachable)))))))
