//! `plugin pipeline`: what judges the texts of a workspace, seen and reset by the owner of the
//! machine, who need not be in it.

use clap::Args;
use hyper::Method;
use serde_json::Value;

use super::super::Context;
use super::super::house::House;

/// Show what judges the texts of a workspace
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  privatestack plugin pipeline ws_… --reset")]
pub(in crate::cli) struct Pipeline {
    /// Its id, as in the address of its page
    workspace: String,
    /// Take it back to what judges all texts of the box
    #[arg(long)]
    reset: bool,
}

impl Pipeline {
    pub(super) fn call(self, context: &Context, house: &House<'_>) -> anyhow::Result<()> {
        // What is no id must not become another path.
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let id = self.workspace.replace(|c| !plain(c), "-");
        let path = format!("/api/v1/workspaces/{id}/pipeline");
        let method = if self.reset {
            Method::DELETE
        } else {
            Method::GET
        };
        let shown = house.call(method, &path, None)?;
        context.output.result(&text(&shown), &shown);
        Ok(())
    }
}

/// A line for each stage, in order.
fn text(pipeline: &Value) -> String {
    let whose = match pipeline["inherited"].as_bool() {
        Some(true) => "It goes by what judges all texts of the box:",
        _ => "It has stages of its own:",
    };
    let stages = pipeline["stages"].as_array().into_iter().flatten();
    let lines = stages.map(|stage| {
        let (plugin, part) = (stage["plugin"].as_str(), stage["use"].as_str());
        let state = match (stage["works"].as_bool(), part) {
            (Some(true), _) => "",
            (_, Some("active")) => ", gone or broken: no text goes on",
            _ => ", gone or broken",
        };
        let (plugin, part) = (plugin.unwrap_or_default(), part.unwrap_or_default());
        format!("\n  {plugin} ({part}){state}")
    });
    let lines: String = lines.collect();
    match lines.as_str() {
        "" => format!("{whose}\n  nothing"),
        _ => format!("{whose}{lines}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::text;

    #[test]
    fn a_stage_that_stops_everything_says_so() {
        let stage = |plugin: &str, part: &str, works: bool| json!({ "plugin": plugin, "use": part, "works": works });
        let stages = [
            stage("secrets", "active", true),
            stage("dlp", "active", false),
            stage("tone", "shadow", false),
        ];
        assert_eq!(
            text(&json!({ "inherited": false, "stages": stages })),
            "It has stages of its own:\n  secrets (active)\n  \
             dlp (active), gone or broken: no text goes on\n  tone (shadow), gone or broken"
        );
        let none = text(&json!({ "inherited": true, "stages": [] }));
        assert!(none.ends_with("\n  nothing"), "{none}");
    }
}
