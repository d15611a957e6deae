//! Encrypted files (7.6, and ISO 32000-2 for AES-256) that open without a password: many are
//! encrypted only to forbid printing. Strings are never decrypted: no text is read from them.

use aes::cipher::generic_array::GenericArray;
use aes::cipher::{BlockDecrypt, BlockEncrypt, KeyInit};
use aes::{Aes128, Aes256};
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::digest::{md5, rc4};
use crate::syntax::Dict;

/// What stands for an empty password (7.6.3.3, algorithm 2).
const PADDING: [u8; 32] = [
    0x28, 0xbf, 0x4e, 0x5e, 0x4e, 0x75, 0x8a, 0x41, 0x64, 0x00, 0x4e, 0x56, 0xff, 0xfa, 0x01, 0x08,
    0x2e, 0x2e, 0x00, 0xb6, 0xd0, 0x68, 0x3e, 0x80, 0x2f, 0x0c, 0xa9, 0xfe, 0x64, 0x53, 0x69, 0x7a,
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Method {
    None,
    Rc4,
    Aes128,
    Aes256,
}

/// How to decrypt the streams of a file.
pub(super) struct Crypt {
    method: Method,
    key: Vec<u8>,
}

impl Crypt {
    /// `None` if the file asks for a password.
    pub(super) fn open(encrypt: &Dict, id: &[u8]) -> Option<Crypt> {
        let version = encrypt.get("V").int().unwrap_or(0);
        let revision = encrypt.get("R").int().unwrap_or(2);
        let metadata = encrypt.get("EncryptMetadata") != &crate::syntax::Object::Bool(false);
        let method = method(encrypt, version);
        let key = if version >= 5 {
            key_of_aes_256(encrypt, revision)?
        } else {
            key_of_md5(encrypt, id, version, revision, metadata)?
        };
        Some(Crypt { method, key })
    }

    /// The bytes of the stream of an object.
    pub(super) fn decrypt(&self, data: &[u8], number: u32, generation: u16) -> Vec<u8> {
        match self.method {
            Method::None => data.to_vec(),
            Method::Rc4 => rc4(&self.object_key(number, generation, b""), data),
            Method::Aes128 => {
                let key = self.object_key(number, generation, b"sAlT");
                cbc(&key, data)
            }
            Method::Aes256 => cbc(&self.key, data),
        }
    }

    fn object_key(&self, number: u32, generation: u16, salt: &[u8]) -> Vec<u8> {
        let mut seed = self.key.clone();
        seed.extend(number.to_le_bytes().iter().take(3));
        seed.extend(generation.to_le_bytes());
        seed.extend(salt);
        let length = (self.key.len() + 5).min(16);
        md5(&seed).iter().take(length).copied().collect()
    }
}

fn method(encrypt: &Dict, version: i64) -> Method {
    if version < 4 {
        return Method::Rc4;
    }
    let name = encrypt.get("StmF").name().unwrap_or(b"Identity");
    let filters = encrypt.get("CF").dict();
    let filter = filters.and_then(|filters| filters.get_bytes(name).dict());
    match filter.and_then(|filter| filter.get("CFM").name()) {
        Some(b"V2") => Method::Rc4,
        Some(b"AESV2") => Method::Aes128,
        Some(b"AESV3") => Method::Aes256,
        _ => Method::None,
    }
}

/// Algorithms 2, 4 and 5: the key from the empty password, if it is the right one.
fn key_of_md5(
    encrypt: &Dict,
    id: &[u8],
    version: i64,
    revision: i64,
    metadata: bool,
) -> Option<Vec<u8>> {
    let bits = encrypt
        .get("Length")
        .int()
        .unwrap_or(if version >= 4 { 128 } else { 40 });
    let length = match version {
        1 => 5,
        4 => 16,
        _ => usize::try_from(bits / 8).ok()?.clamp(5, 16),
    };
    let owner = encrypt.get("O").text()?.get(..32)?;
    let user = encrypt.get("U").text()?;
    let permissions = encrypt.get("P").int()? as u32;
    let mut seed = PADDING.to_vec();
    seed.extend_from_slice(owner);
    seed.extend(permissions.to_le_bytes());
    seed.extend_from_slice(id);
    if revision >= 4 && !metadata {
        seed.extend([0xff; 4]);
    }
    let mut key = md5(&seed).to_vec();
    for _ in 0..if revision >= 3 { 50 } else { 0 } {
        key.truncate(length);
        key = md5(&key).to_vec();
    }
    key.truncate(length);
    let proof = if revision >= 3 {
        let mut proof = PADDING.to_vec();
        proof.extend_from_slice(id);
        let mut proof = md5(&proof).to_vec();
        for round in 0..20u8 {
            let key: Vec<u8> = key.iter().map(|byte| byte ^ round).collect();
            proof = rc4(&key, &proof);
        }
        proof
    } else {
        rc4(&key, &PADDING)
    };
    user.starts_with(&proof).then_some(key)
}

fn key_of_aes_256(encrypt: &Dict, revision: i64) -> Option<Vec<u8>> {
    let user = encrypt.get("U").text()?;
    let (proof, proof_salt, key_salt) = (user.get(..32)?, user.get(32..40)?, user.get(40..48)?);
    if hash(proof_salt, revision) != proof {
        return None;
    }
    let packed = encrypt.get("UE").text()?.get(..32)?;
    let mut data = vec![0; 16];
    data.extend_from_slice(packed);
    let key = decrypt_blocks(&hash(key_salt, revision), &data);
    (key.len() == 32).then_some(key)
}

/// Algorithm 2.B of ISO 32000-2 for an empty password.
fn hash(salt: &[u8], revision: i64) -> Vec<u8> {
    let mut key = Sha256::digest(salt).to_vec();
    if revision < 6 {
        return key;
    }
    // The last byte decides when it ends: 64 to 320 rounds, whatever the salt.
    for round in 0..320usize {
        let data = key.repeat(64);
        let (Some(cipher_key), Some(vector)) = (key.get(..16), key.get(16..32)) else {
            break;
        };
        let encrypted = encrypt_blocks(cipher_key, vector, &data);
        let rest: u32 = encrypted
            .iter()
            .take(16)
            .map(|b| u32::from(*b))
            .sum::<u32>()
            % 3;
        key = match rest {
            0 => Sha256::digest(&encrypted).to_vec(),
            1 => Sha384::digest(&encrypted).to_vec(),
            _ => Sha512::digest(&encrypted).to_vec(),
        };
        let last = encrypted.last().copied().map_or(0, usize::from);
        if round >= 63 && last + 32 <= round + 1 {
            break;
        }
    }
    key.truncate(32);
    key
}

fn encrypt_blocks(key: &[u8], vector: &[u8], data: &[u8]) -> Vec<u8> {
    let Ok(cipher) = Aes128::new_from_slice(key) else {
        return Vec::new();
    };
    let mut out = Vec::with_capacity(data.len());
    let mut last = vector.to_vec();
    for block in data.chunks_exact(16) {
        let mut block = GenericArray::clone_from_slice(block);
        for (byte, before) in block.iter_mut().zip(&last) {
            *byte ^= before;
        }
        cipher.encrypt_block(&mut block);
        last = block.to_vec();
        out.extend_from_slice(&block);
    }
    out
}

/// The first block is the initial vector.
fn decrypt_blocks(key: &[u8], data: &[u8]) -> Vec<u8> {
    let decrypt = |cipher: &dyn Fn(&mut [u8; 16])| {
        let (blocks, _) = data.as_chunks::<16>();
        let mut out = Vec::with_capacity(data.len());
        for (before, block) in blocks.iter().zip(blocks.iter().skip(1)) {
            let mut plain = *block;
            cipher(&mut plain);
            out.extend(plain.iter().zip(before).map(|(byte, before)| byte ^ before));
        }
        out
    };
    if let Ok(cipher) = Aes128::new_from_slice(key) {
        decrypt(&|block| cipher.decrypt_block(block.into()))
    } else if let Ok(cipher) = Aes256::new_from_slice(key) {
        decrypt(&|block| cipher.decrypt_block(block.into()))
    } else {
        Vec::new()
    }
}

/// Without the padding at the end.
fn cbc(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut plain = decrypt_blocks(key, data);
    if let Some(&padding @ 1..=16) = plain.last() {
        plain.truncate(plain.len().saturating_sub(usize::from(padding)));
    }
    plain
}
