;; Whole numbers: 32 and 64 bits, and a division that traps when the divisor is zero.
(module
  (func (export "add") (param $a i32) (param $b i32) (result i32)
    (i32.add (local.get $a) (local.get $b)))

  ;; The product's low 64 bits; i64 values travel as decimal text, exact to the last digit.
  (func (export "mul64") (param $a i64) (param $b i64) (result i64)
    (i64.mul (local.get $a) (local.get $b)))

  ;; Traps with "integer divide by zero" for $b = 0.
  (func $div (export "div") (param $a i32) (param $b i32) (result i32)
    (i32.div_s (local.get $a) (local.get $b))))
