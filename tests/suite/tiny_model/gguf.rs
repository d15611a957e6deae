//! Writes GGUF, version 3 (ggml's docs/gguf.md).

use std::collections::BTreeMap;

const ALIGNMENT: usize = 32;

/// A GGUF file in the making. Tensors are of single precision.
#[derive(Clone, Default)]
pub struct GgufFile {
    metadata: BTreeMap<String, Vec<u8>>,
    tensors: Vec<(String, Vec<usize>, Vec<f32>)>,
}

impl GgufFile {
    pub fn text(&mut self, key: &str, value: &str) {
        let mut bytes = 8_u32.to_le_bytes().to_vec();
        put(&mut bytes, value);
        self.metadata.insert(key.to_owned(), bytes);
    }

    pub fn number(&mut self, key: &str, value: u32) {
        let bytes = [4_u32.to_le_bytes(), value.to_le_bytes()].concat();
        self.metadata.insert(key.to_owned(), bytes);
    }

    pub fn float(&mut self, key: &str, value: f32) {
        let bytes = [6_u32.to_le_bytes(), value.to_le_bytes()].concat();
        self.metadata.insert(key.to_owned(), bytes);
    }

    pub fn flag(&mut self, key: &str, value: bool) {
        let mut bytes = 7_u32.to_le_bytes().to_vec();
        bytes.push(u8::from(value));
        self.metadata.insert(key.to_owned(), bytes);
    }

    pub fn texts(&mut self, key: &str, values: &[String]) {
        let mut bytes = array(8, values.len());
        values.iter().for_each(|value| put(&mut bytes, value));
        self.metadata.insert(key.to_owned(), bytes);
    }

    pub fn ints(&mut self, key: &str, values: &[i32]) {
        let mut bytes = array(5, values.len());
        bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        self.metadata.insert(key.to_owned(), bytes);
    }

    pub fn floats(&mut self, key: &str, values: &[f32]) {
        let mut bytes = array(6, values.len());
        bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        self.metadata.insert(key.to_owned(), bytes);
    }

    /// A value of any type, as its bytes.
    pub fn raw(&mut self, key: &str, kind: u32, value: &[u8]) {
        let bytes = [&kind.to_le_bytes(), value].concat();
        self.metadata.insert(key.to_owned(), bytes);
    }

    pub fn remove(&mut self, key: &str) {
        self.metadata.remove(key);
    }

    /// `shape` is outermost first: `[rows, columns]`.
    pub fn tensor(&mut self, name: &str, shape: &[usize], values: Vec<f32>) {
        assert_eq!(values.len(), shape.iter().product::<usize>(), "{name}");
        self.tensors.push((name.to_owned(), shape.to_vec(), values));
    }

    /// The bytes of the file.
    pub fn finish(self) -> Vec<u8> {
        let mut bytes = b"GGUF".to_vec();
        bytes.extend(3_u32.to_le_bytes());
        bytes.extend((self.tensors.len() as u64).to_le_bytes());
        bytes.extend((self.metadata.len() as u64).to_le_bytes());
        for (key, value) in &self.metadata {
            put(&mut bytes, key);
            bytes.extend(value);
        }
        let mut offset = 0;
        for (name, shape, values) in &self.tensors {
            put(&mut bytes, name);
            bytes.extend(
                u32::try_from(shape.len())
                    .expect("few dimensions")
                    .to_le_bytes(),
            );
            for side in shape.iter().rev() {
                bytes.extend((*side as u64).to_le_bytes());
            }
            bytes.extend(0_u32.to_le_bytes());
            bytes.extend((offset as u64).to_le_bytes());
            offset += (values.len() * 4).next_multiple_of(ALIGNMENT);
        }
        for (_, _, values) in &self.tensors {
            bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
            bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        }
        bytes
    }
}

fn put(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend((text.len() as u64).to_le_bytes());
    bytes.extend(text.as_bytes());
}

fn array(kind: u32, length: usize) -> Vec<u8> {
    let mut bytes = [9_u32.to_le_bytes(), kind.to_le_bytes()].concat();
    bytes.extend((length as u64).to_le_bytes());
    bytes
}
