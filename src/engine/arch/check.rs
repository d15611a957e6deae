//! Whether a file has the tensors that its metadata call for, before anything is made of them.

use super::ModelError;
use super::shape::Config;
use crate::engine::weights::WeightsError;
use crate::engine::weights::gguf::Gguf;

/// Fails if a tensor that every decoder has is missing, or not of the shape that `config` says;
/// so does a bias, if there is one.
pub(super) fn tensors(file: &Gguf, config: &Config) -> Result<(), ModelError> {
    let Config {
        width,
        inner,
        heads,
        vocab,
        ..
    } = *config;
    let (queries, keys) = (heads.query * heads.size, heads.kv_row());
    let matrices = [
        ("attn_q", queries, width),
        ("attn_k", keys, width),
        ("attn_v", keys, width),
        ("attn_output", width, queries),
        ("ffn_gate", inner, width),
        ("ffn_up", inner, width),
        ("ffn_down", width, inner),
    ];
    shaped(file, "token_embd.weight", &[vocab, width])?;
    shaped(file, "output_norm.weight", &[width])?;
    if file.get_shape("output.weight").is_ok() {
        shaped(file, "output.weight", &[vocab, width])?;
    }
    for layer in 0..config.layers {
        for (name, rows, columns) in matrices {
            let name = format!("blk.{layer}.{name}");
            shaped(file, &format!("{name}.weight"), &[rows, columns])?;
            let bias = format!("{name}.bias");
            if file.get_shape(&bias).is_ok() {
                shaped(file, &bias, &[rows])?;
            }
        }
        for name in ["attn_norm", "ffn_norm"] {
            shaped(file, &format!("blk.{layer}.{name}.weight"), &[width])?;
        }
    }
    Ok(())
}

fn shaped(file: &Gguf, name: &str, expected: &[usize]) -> Result<(), WeightsError> {
    let found = file.get_shape(name)?;
    if found == expected {
        return Ok(());
    }
    Err(WeightsError::Shape {
        name: name.to_owned(),
        found: found.to_vec(),
        expected: expected.to_vec(),
    })
}
