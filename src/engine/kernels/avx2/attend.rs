//! Queries against keys, and weighted sums of values, for both precisions of the cache.

/// The kernels for one kind of number: `$load` makes eight floats of eight of them, `$wide` one
/// of one.
macro_rules! precision {
    ($name:ident, $kind:ty, $load:expr, $wide:expr) => {
        pub(super) mod $name {
            use std::arch::x86_64::{
                _mm256_add_ps, _mm256_fmadd_ps, _mm256_set1_ps, _mm256_setzero_ps,
            };

            use super::super::{load, store, sum};

            #[target_feature(enable = "avx2,fma,f16c")]
            pub(in super::super) fn dots(
                query: &[f32],
                keys: &[$kind],
                stride: usize,
                out: &mut [f32],
            ) {
                let (pairs, rest) = query.as_chunks::<16>();
                for (i, out) in out.iter_mut().enumerate() {
                    let key = &keys[i * stride..][..query.len()];
                    let (key_pairs, key_rest) = key.as_chunks::<16>();
                    let mut totals = [_mm256_setzero_ps(); 2];
                    for (query, key) in pairs.iter().zip(key_pairs) {
                        let (query, key) = (query.as_chunks::<8>().0, key.as_chunks::<8>().0);
                        totals[0] = _mm256_fmadd_ps(load(&query[0]), $load(&key[0]), totals[0]);
                        totals[1] = _mm256_fmadd_ps(load(&query[1]), $load(&key[1]), totals[1]);
                    }
                    *out = sum(_mm256_add_ps(totals[0], totals[1]));
                    for (query, key) in rest.iter().zip(key_rest) {
                        *out += query * $wide(*key);
                    }
                }
            }

            #[target_feature(enable = "avx2,fma,f16c")]
            pub(in super::super) fn blend(
                weights: &[f32],
                values: &[$kind],
                stride: usize,
                out: &mut [f32],
            ) {
                let mut at = 0;
                let (wide, rest) = out.as_chunks_mut::<64>();
                for out in wide {
                    strip::<8>(weights, &values[at..], stride, out.as_chunks_mut().0);
                    at += 64;
                }
                let (narrow, rest) = rest.as_chunks_mut::<8>();
                for out in narrow {
                    strip::<1>(weights, &values[at..], stride, std::slice::from_mut(out));
                    at += 8;
                }
                for (lane, out) in rest.iter_mut().enumerate() {
                    for (i, weight) in weights.iter().enumerate() {
                        *out += weight * $wide(values[i * stride + at + lane]);
                    }
                }
            }

            /// `N` times eight lanes of [`blend`], kept in registers from the first row to the last.
            #[target_feature(enable = "avx2,fma,f16c")]
            fn strip<const N: usize>(
                weights: &[f32],
                values: &[$kind],
                stride: usize,
                out: &mut [[f32; 8]],
            ) {
                let mut totals = [_mm256_setzero_ps(); N];
                for (total, out) in totals.iter_mut().zip(out.iter()) {
                    *total = load(out);
                }
                for (i, weight) in weights.iter().enumerate() {
                    let weight = _mm256_set1_ps(*weight);
                    let (row, _) = values[i * stride..][..N * 8].as_chunks::<8>();
                    for (total, value) in totals.iter_mut().zip(row) {
                        *total = _mm256_fmadd_ps(weight, $load(value), *total);
                    }
                }
                for (total, out) in totals.into_iter().zip(out) {
                    store(total, out);
                }
            }
        }
    };
}

precision!(single, f32, load, |x: f32| x);
precision!(
    half,
    ::half::f16,
    |eight: &[::half::f16; 8]| std::arch::x86_64::_mm256_cvtph_ps(super::super::load_halves(
        bytemuck::cast_ref(eight)
    )),
    |x: ::half::f16| x.to_f32()
);
