;; Floats, 128-bit vectors and several results at once.
(module
  ;; Multiplies each of the four f32 lanes of $v by $factor.
  (func (export "scale") (param $v v128) (param $factor f32) (result v128)
    (f32x4.mul (local.get $v) (f32x4.splat (local.get $factor))))

  ;; Sum of the products of the four f32 lanes.
  (func (export "dot") (param $a v128) (param $b v128) (result f32)
    (local $p v128)
    (local.set $p (f32x4.mul (local.get $a) (local.get $b)))
    (f32.add
      (f32.add (f32x4.extract_lane 0 (local.get $p)) (f32x4.extract_lane 1 (local.get $p)))
      (f32.add (f32x4.extract_lane 2 (local.get $p)) (f32x4.extract_lane 3 (local.get $p)))))

  ;; The larger and the smaller of two numbers, and their mean.
  (func (export "spread") (param $x f64) (param $y f64) (result f64 f64 f64)
    (f64.max (local.get $x) (local.get $y))
    (f64.min (local.get $x) (local.get $y))
    (f64.div (f64.add (local.get $x) (local.get $y)) (f64.const 2))))
