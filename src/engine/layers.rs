//! What architectures are put together from.

pub(crate) mod attention;
pub(crate) mod embedding;
pub(crate) mod encoder;
pub(crate) mod feed_forward;
pub(crate) mod gemma;
pub(crate) mod linear;
pub(crate) mod norm;
pub(crate) mod rope;
