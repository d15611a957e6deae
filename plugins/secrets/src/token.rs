//! Tokens that say by their prefix who issued them.

use sdk::window::Hit;

use crate::hit;
use crate::look::entropy;

/// A prefix, how many characters of which kind follow it at least, and the label.
struct Kind {
    prefix: &'static str,
    length: usize,
    part: fn(u8) -> bool,
    label: &'static str,
    /// The token has this length exactly; longer is something else.
    exact: bool,
}

fn word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')
}
fn alnum(b: u8) -> bool {
    b.is_ascii_alphanumeric()
}
fn upper(b: u8) -> bool {
    b.is_ascii_uppercase() || b.is_ascii_digit()
}
fn hex(b: u8) -> bool {
    b.is_ascii_hexdigit()
}
fn base64(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'_' | b'-')
}
fn dotted(b: u8) -> bool {
    word(b) || b == b'.'
}

const fn kind(
    prefix: &'static str,
    length: usize,
    part: fn(u8) -> bool,
    label: &'static str,
) -> Kind {
    Kind {
        prefix,
        length,
        part,
        label,
        exact: false,
    }
}

const fn exact(
    prefix: &'static str,
    length: usize,
    part: fn(u8) -> bool,
    label: &'static str,
) -> Kind {
    Kind {
        prefix,
        length,
        part,
        label,
        exact: true,
    }
}

/// Longer prefixes stand before shorter ones that they begin with.
const KINDS: &[Kind] = &[
    exact("AKIA", 16, upper, "AWS_ACCESS_KEY"),
    exact("ASIA", 16, upper, "AWS_ACCESS_KEY"),
    exact("ABIA", 16, upper, "AWS_ACCESS_KEY"),
    exact("ACCA", 16, upper, "AWS_ACCESS_KEY"),
    kind("ABSK", 100, base64, "AWS_BEDROCK_KEY"),
    kind("github_pat_", 60, word, "GITHUB_TOKEN"),
    kind("ghp_", 36, alnum, "GITHUB_TOKEN"),
    kind("gho_", 36, alnum, "GITHUB_TOKEN"),
    kind("ghu_", 36, alnum, "GITHUB_TOKEN"),
    kind("ghs_", 36, alnum, "GITHUB_TOKEN"),
    kind("ghr_", 36, alnum, "GITHUB_TOKEN"),
    kind("glpat-", 20, dotted, "GITLAB_TOKEN"),
    kind("gldt-", 20, word, "GITLAB_TOKEN"),
    kind("glrt-", 20, dotted, "GITLAB_TOKEN"),
    kind("glptt-", 40, hex, "GITLAB_TOKEN"),
    kind("glcbt-", 20, word, "GITLAB_TOKEN"),
    kind("gloas-", 64, word, "GITLAB_TOKEN"),
    kind("glagent-", 50, word, "GITLAB_TOKEN"),
    kind("glsoat-", 20, word, "GITLAB_TOKEN"),
    exact("GR1348941", 20, word, "GITLAB_TOKEN"),
    kind("xoxb-", 24, word, "SLACK_TOKEN"),
    kind("xoxp-", 40, word, "SLACK_TOKEN"),
    kind("xoxa-", 24, word, "SLACK_TOKEN"),
    kind("xoxr-", 24, word, "SLACK_TOKEN"),
    kind("xoxs-", 24, word, "SLACK_TOKEN"),
    kind("xoxe-", 100, word, "SLACK_TOKEN"),
    kind("xoxe.xox", 100, word, "SLACK_TOKEN"),
    kind("xapp-", 30, word, "SLACK_TOKEN"),
    kind("hooks.slack.com/services/", 40, base64, "SLACK_WEBHOOK"),
    kind("hooks.slack.com/workflows/", 40, base64, "SLACK_WEBHOOK"),
    kind("hooks.slack.com/triggers/", 40, base64, "SLACK_WEBHOOK"),
    kind("discord.com/api/webhooks/", 60, base64, "DISCORD_WEBHOOK"),
    kind(
        "discordapp.com/api/webhooks/",
        60,
        base64,
        "DISCORD_WEBHOOK",
    ),
    kind("sk_live_", 16, alnum, "STRIPE_KEY"),
    kind("sk_test_", 16, alnum, "STRIPE_KEY"),
    kind("rk_live_", 16, alnum, "STRIPE_KEY"),
    kind("rk_test_", 16, alnum, "STRIPE_KEY"),
    kind("whsec_", 24, base64, "STRIPE_KEY"),
    exact("AIza", 35, word, "GOOGLE_API_KEY"),
    kind("GOCSPX-", 24, word, "GOOGLE_OAUTH"),
    kind("ya29.", 30, word, "GOOGLE_OAUTH"),
    kind("sk-ant-", 40, word, "ANTHROPIC_KEY"),
    kind("sk-proj-", 40, word, "OPENAI_KEY"),
    kind("sk-svcacct-", 40, word, "OPENAI_KEY"),
    kind("sk-admin-", 40, word, "OPENAI_KEY"),
    kind("sk-or-v1-", 40, hex, "OPENROUTER_KEY"),
    kind("sk-", 40, alnum, "OPENAI_KEY"),
    exact("hf_", 34, alnum, "HUGGINGFACE_TOKEN"),
    exact("api_org_", 34, alnum, "HUGGINGFACE_TOKEN"),
    kind("gsk_", 48, alnum, "GROQ_KEY"),
    kind("xai-", 60, alnum, "XAI_KEY"),
    kind("pplx-", 40, alnum, "PERPLEXITY_KEY"),
    exact("r8_", 37, alnum, "REPLICATE_TOKEN"),
    exact("npm_", 36, alnum, "NPM_TOKEN"),
    kind("pypi-AgE", 50, word, "PYPI_TOKEN"),
    exact("rubygems_", 48, hex, "RUBYGEMS_TOKEN"),
    kind("SG.", 60, dotted, "SENDGRID_KEY"),
    exact("shpat_", 32, hex, "SHOPIFY_TOKEN"),
    exact("shpca_", 32, hex, "SHOPIFY_TOKEN"),
    exact("shppa_", 32, hex, "SHOPIFY_TOKEN"),
    exact("shpss_", 32, hex, "SHOPIFY_TOKEN"),
    exact("dop_v1_", 64, hex, "DIGITALOCEAN_TOKEN"),
    exact("doo_v1_", 64, hex, "DIGITALOCEAN_TOKEN"),
    exact("dor_v1_", 64, hex, "DIGITALOCEAN_TOKEN"),
    exact("dapi", 32, hex, "DATABRICKS_TOKEN"),
    kind("hvs.", 24, word, "VAULT_TOKEN"),
    kind("hvb.", 100, word, "VAULT_TOKEN"),
    kind("dp.pt.", 40, alnum, "DOPPLER_TOKEN"),
    kind("dt0c01.", 80, dotted, "DYNATRACE_TOKEN"),
    kind("fo1_", 43, word, "FLYIO_TOKEN"),
    kind("fm2_", 100, base64, "FLYIO_TOKEN"),
    kind("lin_api_", 32, alnum, "LINEAR_KEY"),
    kind("ntn_", 40, alnum, "NOTION_TOKEN"),
    kind("glsa_", 40, word, "GRAFANA_TOKEN"),
    kind("glc_", 32, base64, "GRAFANA_TOKEN"),
    kind("PMAK-", 50, word, "POSTMAN_KEY"),
    exact("pul-", 40, hex, "PULUMI_TOKEN"),
    exact("pnu_", 36, alnum, "PREFECT_TOKEN"),
    exact("rdme_", 70, alnum, "README_KEY"),
    kind("pscale_tkn_", 32, dotted, "PLANETSCALE_TOKEN"),
    kind("pscale_pw_", 32, dotted, "PLANETSCALE_TOKEN"),
    kind("sntryu_", 64, hex, "SENTRY_TOKEN"),
    kind("sntrys_", 60, base64, "SENTRY_TOKEN"),
    exact("AKCp", 69, alnum, "ARTIFACTORY_TOKEN"),
    exact("cmVmd", 59, alnum, "ARTIFACTORY_TOKEN"),
    exact("EZAK", 54, alnum, "EASYPOST_KEY"),
    exact("EZTK", 54, alnum, "EASYPOST_KEY"),
    kind("EAAM", 100, alnum, "FACEBOOK_TOKEN"),
    kind("EAAC", 100, alnum, "FACEBOOK_TOKEN"),
    kind("sq0atp-", 22, word, "SQUARE_TOKEN"),
    kind("sq0csp-", 40, word, "SQUARE_TOKEN"),
    kind("AGE-SECRET-KEY-1", 50, upper, "AGE_KEY"),
    kind("ops_eyJ", 200, base64, "ONEPASSWORD_TOKEN"),
    kind("HRKU-AA", 50, word, "HEROKU_KEY"),
    exact("LTAI", 20, alnum, "ALIBABA_KEY"),
    exact("NRAK-", 27, alnum, "NEWRELIC_KEY"),
    kind("sha256~", 43, word, "OPENSHIFT_TOKEN"),
    kind("psk_", 24, word, "PRIVATESTACK_KEY"),
    kind("v4.local.", 60, dotted, "PRIVATESTACK_TOKEN"),
];

/// Every label once.
pub fn labels() -> impl Iterator<Item = &'static str> {
    let mut labels: Vec<_> = KINDS.iter().map(|kind| kind.label).collect();
    labels.sort_unstable();
    labels.dedup();
    labels.into_iter()
}

pub fn find(text: &str, from: usize, hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    let mut at = from;
    while at + 8 < bytes.len() {
        let inside = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
        let end = if inside { None } else { token(bytes, at) };
        match end {
            Some((end, label)) => {
                hits.push(hit(text, at..end, label, 0.98));
                at = end;
            }
            None => at += 1,
        }
    }
}

/// Where the token that begins at `at` ends.
fn token(bytes: &[u8], at: usize) -> Option<(usize, &'static str)> {
    let rest = &bytes[at..];
    let kind = KINDS.iter().find(|kind| {
        kind.prefix.as_bytes()[0] == rest[0] && rest.starts_with(kind.prefix.as_bytes())
    })?;
    let body = &rest[kind.prefix.len()..];
    let mut length = body.iter().take_while(|b| (kind.part)(**b)).count();
    while length > 0 && matches!(body[length - 1], b'.' | b'-') {
        length -= 1;
    }
    let long_enough = if kind.exact {
        length == kind.length
    } else {
        length >= kind.length
    };
    let end = kind.prefix.len() + length;
    let glued = kind.exact && rest.get(end).is_some_and(|b| b.is_ascii_alphanumeric());
    let secret = std::str::from_utf8(&body[..length]).unwrap_or_default();
    // Example values in manuals repeat one sign or count up.
    let random = entropy(secret) >= 2.5;
    (long_enough && !glued && random).then_some((at + end, kind.label))
}
