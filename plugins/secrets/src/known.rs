//! Keys that are in public samples and open nothing of anybody's.

/// Whether a token is one of them: the Google keys that gitleaks' default rules allow. Kept as
/// digests, so that no scanner stops at this file.
pub fn public(token: &str) -> bool {
    token.starts_with("AIza") && PUBLIC.binary_search(&digest(token)).is_ok()
}

/// FNV-1a, 64 bits.
fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

static PUBLIC: [u64; 15] = [
    0x08b5_4596_2adc_7d8b,
    0x1211_3c2e_6979_f447,
    0x294c_63f8_344d_5df1,
    0x29a3_36c7_244f_48dd,
    0x515c_b771_a423_8032,
    0x6835_e0f2_8883_2a40,
    0x6acb_d824_bd32_bbd4,
    0x816c_d10f_db11_ead0,
    0x8288_18f8_3325_7868,
    0x99b2_7263_46a1_e92a,
    0xadbd_04e3_fe1b_6d49,
    0xc73f_1e61_952e_6987,
    0xdb94_22f1_dd33_2dcc,
    0xe754_678e_a2b1_4ef1,
    0xe766_6dbb_286c_6c2e,
];
