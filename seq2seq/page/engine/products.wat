;; Products of a matrix of int8 and a vector of whole numbers from -64 to 63, exact, 16 columns at a time.
;;
;; Compile with `make wasm`; the binary is committed beside this file.
(module
  (memory (export "memory") 1)

  ;; out[r] = sum over c of weights[r, c] * x[c], for `rows` rows, a multiple of 4, of `columns` columns, a
  ;; multiple of 16. x is int16, weights int8 in rows, out int32; all places are in bytes.
  (func (export "multiply")
    (param $x i32) (param $weights i32) (param $out i32) (param $rows i32) (param $columns i32)
    (local $row0 i32) (local $row1 i32) (local $row2 i32) (local $row3 i32) (local $at i32) (local $end i32)
    (local $low v128) (local $high v128) (local $w v128)
    (local $sum0 v128) (local $sum1 v128) (local $sum2 v128) (local $sum3 v128)
    (local.set $row0 (local.get $weights))
    (local.set $end (i32.add (local.get $x) (i32.shl (local.get $columns) (i32.const 1))))
    (block $done
      (loop $rows_left
        (br_if $done (i32.le_s (local.get $rows) (i32.const 0)))
        (local.set $row1 (i32.add (local.get $row0) (local.get $columns)))
        (local.set $row2 (i32.add (local.get $row1) (local.get $columns)))
        (local.set $row3 (i32.add (local.get $row2) (local.get $columns)))
        (local.set $sum0 (v128.const i32x4 0 0 0 0))
        (local.set $sum1 (v128.const i32x4 0 0 0 0))
        (local.set $sum2 (v128.const i32x4 0 0 0 0))
        (local.set $sum3 (v128.const i32x4 0 0 0 0))
        (local.set $at (local.get $x))
        (loop $columns_left
          (local.set $low (v128.load (local.get $at)))
          (local.set $high (v128.load offset=16 (local.get $at)))
          (local.set $w (v128.load (local.get $row0)))
          (local.set $sum0 (i32x4.add (local.get $sum0) (i32x4.add
            (i32x4.dot_i16x8_s (local.get $low) (i16x8.extend_low_i8x16_s (local.get $w)))
            (i32x4.dot_i16x8_s (local.get $high) (i16x8.extend_high_i8x16_s (local.get $w))))))
          (local.set $w (v128.load (local.get $row1)))
          (local.set $sum1 (i32x4.add (local.get $sum1) (i32x4.add
            (i32x4.dot_i16x8_s (local.get $low) (i16x8.extend_low_i8x16_s (local.get $w)))
            (i32x4.dot_i16x8_s (local.get $high) (i16x8.extend_high_i8x16_s (local.get $w))))))
          (local.set $w (v128.load (local.get $row2)))
          (local.set $sum2 (i32x4.add (local.get $sum2) (i32x4.add
            (i32x4.dot_i16x8_s (local.get $low) (i16x8.extend_low_i8x16_s (local.get $w)))
            (i32x4.dot_i16x8_s (local.get $high) (i16x8.extend_high_i8x16_s (local.get $w))))))
          (local.set $w (v128.load (local.get $row3)))
          (local.set $sum3 (i32x4.add (local.get $sum3) (i32x4.add
            (i32x4.dot_i16x8_s (local.get $low) (i16x8.extend_low_i8x16_s (local.get $w)))
            (i32x4.dot_i16x8_s (local.get $high) (i16x8.extend_high_i8x16_s (local.get $w))))))
          (local.set $row0 (i32.add (local.get $row0) (i32.const 16)))
          (local.set $row1 (i32.add (local.get $row1) (i32.const 16)))
          (local.set $row2 (i32.add (local.get $row2) (i32.const 16)))
          (local.set $row3 (i32.add (local.get $row3) (i32.const 16)))
          (local.set $at (i32.add (local.get $at) (i32.const 32)))
          (br_if $columns_left (i32.lt_u (local.get $at) (local.get $end))))
        (local.set $row0 (local.get $row3))
        (i32.store (local.get $out) (call $total (local.get $sum0)))
        (i32.store offset=4 (local.get $out) (call $total (local.get $sum1)))
        (i32.store offset=8 (local.get $out) (call $total (local.get $sum2)))
        (i32.store offset=12 (local.get $out) (call $total (local.get $sum3)))
        (local.set $out (i32.add (local.get $out) (i32.const 16)))
        (local.set $rows (i32.sub (local.get $rows) (i32.const 4)))
        (br $rows_left))))

  (func $total (param $sum v128) (result i32)
    (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get $sum)) (i32x4.extract_lane 1 (local.get $sum)))
      (i32.add (i32x4.extract_lane 2 (local.get $sum)) (i32x4.extract_lane 3 (local.get $sum)))))
)
