//! What Hugging Face calls a tensor, and what GGUF does.

/// Names outside of layers.
const TOP: [(&str, &str); 7] = [
    ("model.embed_tokens", "token_embd"),
    ("model.norm", "output_norm"),
    ("lm_head", "output"),
    ("embeddings.word_embeddings", "token_embd"),
    ("embeddings.position_embeddings", "position_embd"),
    ("embeddings.token_type_embeddings", "token_types"),
    ("embeddings.LayerNorm", "token_embd_norm"),
];

/// Names within a layer.
const LAYER: [(&str, &str); 19] = [
    ("input_layernorm", "attn_norm"),
    ("self_attn.q_proj", "attn_q"),
    ("self_attn.k_proj", "attn_k"),
    ("self_attn.v_proj", "attn_v"),
    ("self_attn.o_proj", "attn_output"),
    ("self_attn.q_norm", "attn_q_norm"),
    ("self_attn.k_norm", "attn_k_norm"),
    ("post_attention_layernorm", "ffn_norm"),
    ("mlp.gate_proj", "ffn_gate"),
    ("mlp.up_proj", "ffn_up"),
    ("mlp.down_proj", "ffn_down"),
    ("attention.self.query", "attn_q"),
    ("attention.self.key", "attn_k"),
    ("attention.self.value", "attn_v"),
    ("attention.output.dense", "attn_output"),
    ("attention.output.LayerNorm", "attn_output_norm"),
    ("intermediate.dense", "ffn_up"),
    ("output.dense", "ffn_down"),
    ("output.LayerNorm", "layer_output_norm"),
];

/// The GGUF name of a tensor of a Llama or BERT checkpoint; none for what models do not need.
pub(crate) fn gguf_name(name: &str) -> Option<String> {
    let prefixes = ["bert.", "roberta."];
    let name = prefixes
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name);
    let (stem, kind) = name.rsplit_once('.')?;
    if !matches!(kind, "weight" | "bias") {
        return None;
    }
    let find = |names: &[(&str, &'static str)], stem: &str| {
        names
            .iter()
            .find(|(theirs, _)| *theirs == stem)
            .map(|(_, ours)| *ours)
    };
    if let Some(ours) = find(&TOP, stem) {
        return Some(format!("{ours}.{kind}"));
    }
    let within = stem
        .strip_prefix("model.layers.")
        .or(stem.strip_prefix("encoder.layer."))?;
    let (layer, part) = within.split_once('.')?;
    let layer: u32 = layer.parse().ok()?;
    Some(format!("blk.{layer}.{}.{kind}", find(&LAYER, part)?))
}

/// What Hugging Face calls a tensor of a Llama.
#[cfg(test)]
pub(crate) fn hugging_face_name(name: &str) -> Option<String> {
    let find = |names: &[(&'static str, &str)], stem: &str| {
        let found = names.iter().find(|(_, ours)| *ours == stem);
        found.map(|(theirs, _)| *theirs)
    };
    let (stem, kind) = name.rsplit_once('.')?;
    match stem.strip_prefix("blk.") {
        None => Some(format!("{}.{kind}", find(&TOP, stem)?)),
        Some(within) => {
            let (layer, part) = within.split_once('.')?;
            Some(format!(
                "model.layers.{layer}.{}.{kind}",
                find(&LAYER, part)?
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_both_families_are_known() {
        for (theirs, ours) in [
            ("model.embed_tokens.weight", Some("token_embd.weight")),
            (
                "model.layers.12.self_attn.o_proj.weight",
                Some("blk.12.attn_output.weight"),
            ),
            (
                "bert.encoder.layer.0.output.LayerNorm.bias",
                Some("blk.0.layer_output_norm.bias"),
            ),
            (
                "encoder.layer.5.attention.self.key.bias",
                Some("blk.5.attn_k.bias"),
            ),
            (
                "model.layers.3.self_attn.q_norm.weight",
                Some("blk.3.attn_q_norm.weight"),
            ),
            ("embeddings.position_ids", None),
            ("pooler.dense.weight", None),
            ("model.layers.x.mlp.up_proj.weight", None),
        ] {
            assert_eq!(gguf_name(theirs).as_deref(), ours, "{theirs}");
        }
    }
}
