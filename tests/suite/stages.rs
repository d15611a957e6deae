//! Plugins of the worlds beside the guardrail's, from a package to an answer.

use poem::http::Method;
use serde_json::json;

use super::harness::Appliance;

