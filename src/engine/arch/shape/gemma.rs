//! What sets Gemma 2 and 3 apart from other decoders.

use super::{Config, Family, ModelError, fits, size};
use crate::engine::ops::View;
use crate::engine::weights::gguf::Gguf;

/// What sets a Gemma apart. Its norms' weights have their one added in GGUF files.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::engine::arch) struct Gemma {
    /// What most layers see, in tokens, and which see all there is: every so manieth.
    window: usize,
    pattern: usize,
    /// Base of the angles in layers that see a window.
    pub(in crate::engine::arch) local_base: f32,
    /// Bounds of attention's scores and of logits.
    cap: Option<f32>,
    pub(in crate::engine::arch) final_cap: Option<f32>,
    pub(in crate::engine::arch) query_scale: f32,
}

impl Gemma {
    /// What the metadata say; none of other families.
    pub(super) fn read(
        file: &Gguf,
        family: Family,
        key: impl Fn(&str) -> String,
        (layers, width, heads, head): (usize, usize, usize, usize),
    ) -> Result<Option<Self>, ModelError> {
        let base = file.get_f32(&key("rope.freq_base")).unwrap_or(10_000.0);
        // The largest of each scale queries by another length than that of their heads.
        let (pattern, local_base, largest) = match family {
            Family::Gemma2 => (2, base, 46),
            Family::Gemma3 => (6, 10_000.0, 62),
            Family::Llama | Family::Qwen2 | Family::Qwen3 => return Ok(None),
        };
        let local = file.get_f32(&key("rope.freq_base_swa"));
        #[allow(clippy::cast_precision_loss, reason = "heads are small")]
        let query_scale = match layers == largest {
            true => (head as f32 / (width / heads) as f32).sqrt(),
            false => 1.0,
        };
        let pattern = match file.get(&key("attention.sliding_window_pattern")) {
            Some(_) => size(file, &key("attention.sliding_window_pattern"))?,
            None => pattern,
        };
        let [cap, final_cap] = ["attn_logit_softcapping", "final_logit_softcapping"]
            .map(|name| file.get_f32(&key(name)).filter(|cap| *cap != 0.0));
        let gemma = Self {
            window: size(file, &key("attention.sliding_window"))?,
            pattern,
            local_base: local.unwrap_or(local_base),
            cap,
            final_cap,
            query_scale,
        };
        gemma.check()?;
        Ok(Some(gemma))
    }

    fn check(&self) -> Result<(), ModelError> {
        for cap in [self.cap, self.final_cap].into_iter().flatten() {
            fits("bound of its scores", cap.is_finite() && cap > 0.0, cap)?;
        }
        let scale = self.query_scale;
        fits("scale of queries", scale.is_finite() && scale > 0.0, scale)
    }

    /// Whether a layer sees a window only.
    pub(in crate::engine::arch) fn is_local(&self, layer: usize) -> bool {
        !(layer + 1).is_multiple_of(self.pattern)
    }

    /// What a layer sees.
    pub(in crate::engine::arch) fn view(&self, layer: usize) -> View {
        View {
            window: self.is_local(layer).then_some(self.window),
            cap: self.cap,
        }
    }
}

impl Config {
    /// What rows of the embedding are multiplied by.
    #[allow(clippy::cast_precision_loss, reason = "rows are short")]
    pub(in crate::engine::arch) fn embedding_scale(&self) -> Option<f32> {
        self.gemma.map(|_| (self.width as f32).sqrt())
    }
}
