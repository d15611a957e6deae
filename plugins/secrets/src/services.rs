//! Services whose tokens have a length and no mark: the name before the value must name them.

use sdk::window::Hit;

use crate::assigned::SERVICE;
use crate::hit;
use crate::look::{entropy, placeholder};
use crate::named::Name;
use crate::parts::begins;
use crate::shape::Part::{self, Uuid};
use crate::shape::Runs;
use crate::shape::Set::*;
use crate::shape::{from, of, to};

/// A service as names spell it, what its token looks like, and the label; sorted by service.
#[rustfmt::skip]
pub static SERVICES: &[(&str, Part, &str)] = &[
    ("adafruit", of(Word, 32), "ADAFRUIT_KEY"),
    ("adobe", of(LowHex, 32), "ADOBE_SECRET"),
    ("airtable", of(Alnum, 17), "AIRTABLE_TOKEN"),
    ("algolia", of(Alnum, 32), "ALGOLIA_KEY"),
    ("alibaba", of(Alnum, 30), "ALIBABA_KEY"),
    ("aliyun", of(Alnum, 30), "ALIBABA_KEY"),
    ("artifactory", of(Alnum, 73), "ARTIFACTORY_TOKEN"),
    ("artifactory", of(Alnum, 64), "ARTIFACTORY_TOKEN"),
    ("asana", of(Digit, 16), "ASANA_TOKEN"),
    ("asana", of(Alnum, 32), "ASANA_TOKEN"),
    ("assemblyai", of(LowHex, 32), "ASSEMBLYAI_KEY"),
    ("atlassian", of(Alnum, 24), "ATLASSIAN_TOKEN"),
    ("aws", of(Base64, 40), "AWS_SECRET_KEY"),
    ("awssecret", of(Base64, 40), "AWS_SECRET_KEY"),
    ("awssession", from(Base64, 100), "AWS_SECRET_KEY"),
    ("azure", of(LowHex, 32), "AZURE_KEY"),
    ("azure", of(Base64, 44), "AZURE_KEY"),
    ("azure", of(Base64, 88), "AZURE_STORAGE_KEY"),
    ("azure", of(Alnum, 84), "AZURE_KEY"),
    ("beamer", to(Padded, 46, 46), "BEAMER_TOKEN"),
    ("bintray", of(Alnum, 64), "ARTIFACTORY_TOKEN"),
    ("bintray", of(Alnum, 40), "ARTIFACTORY_TOKEN"),
    ("bitbucket", of(Alnum, 32), "BITBUCKET_TOKEN"),
    ("bitbucket", of(Padded, 64), "BITBUCKET_TOKEN"),
    ("bitlocker", of(Word, 55), "RECOVERY_KEY"),
    ("bittrex", of(Alnum, 32), "BITTREX_KEY"),
    ("bugsnag", of(LowHex, 32), "BUGSNAG_KEY"),
    ("circleci", of(LowHex, 40), "CIRCLECI_TOKEN"),
    ("cloudflare", of(Word, 40), "CLOUDFLARE_KEY"),
    ("cloudflare", of(LowHex, 37), "CLOUDFLARE_KEY"),
    ("coapi", of(Alnum, 40), "COHERE_KEY"),
    ("codecov", of(Alnum, 32), "CODECOV_TOKEN"),
    ("codecov", Uuid, "CODECOV_TOKEN"),
    ("cohere", of(Alnum, 40), "COHERE_KEY"),
    ("coinbase", of(Word, 64), "COINBASE_TOKEN"),
    ("confluence", of(Alnum, 24), "ATLASSIAN_TOKEN"),
    ("confluent", of(Alnum, 16), "CONFLUENT_KEY"),
    ("confluent", of(Alnum, 64), "CONFLUENT_KEY"),
    ("contentful", of(Padded, 43), "CONTENTFUL_TOKEN"),
    ("datadog", of(Alnum, 40), "DATADOG_KEY"),
    ("datadog", of(LowHex, 32), "DATADOG_KEY"),
    ("ddapi", of(LowHex, 32), "DATADOG_KEY"),
    ("ddapp", of(LowHex, 40), "DATADOG_KEY"),
    ("deepgram", of(LowHex, 40), "DEEPGRAM_KEY"),
    ("deepl", Uuid, "DEEPL_KEY"),
    ("discord", of(LowHex, 64), "DISCORD_TOKEN"),
    ("discord", of(Digit, 18), "DISCORD_TOKEN"),
    ("discord", of(Padded, 32), "DISCORD_TOKEN"),
    ("drone", of(Alnum, 32), "DRONE_TOKEN"),
    ("dropbox", of(Alnum, 15), "DROPBOX_TOKEN"),
    ("dropbox", of(Padded, 64), "DROPBOX_TOKEN"),
    ("elevenlabs", of(LowHex, 32), "ELEVENLABS_KEY"),
    ("etsy", of(Alnum, 24), "ETSY_TOKEN"),
    ("facebook", of(LowHex, 32), "FACEBOOK_SECRET"),
    ("fastly", of(Padded, 32), "FASTLY_TOKEN"),
    ("finicity", of(LowHex, 32), "FINICITY_TOKEN"),
    ("finicity", of(Alnum, 20), "FINICITY_TOKEN"),
    ("finnhub", of(Alnum, 20), "FINNHUB_TOKEN"),
    ("flickr", of(Alnum, 32), "FLICKR_TOKEN"),
    ("freshbooks", of(Alnum, 64), "FRESHBOOKS_TOKEN"),
    ("gitter", of(Word, 40), "GITTER_TOKEN"),
    ("gocardless", to(Padded, 45, 45), "GOCARDLESS_TOKEN"),
    ("hcloud", of(Alnum, 64), "HETZNER_TOKEN"),
    ("heroku", Uuid, "HEROKU_KEY"),
    ("hetzner", of(Alnum, 64), "HETZNER_TOKEN"),
    ("honeycomb", of(Alnum, 22), "HONEYCOMB_KEY"),
    ("honeycomb", of(LowHex, 32), "HONEYCOMB_KEY"),
    ("hubspot", Uuid, "HUBSPOT_KEY"),
    ("ibm", of(Word, 44), "IBM_CLOUD_KEY"),
    ("intercom", of(Padded, 60), "INTERCOM_KEY"),
    ("jfrog", of(Alnum, 73), "ARTIFACTORY_TOKEN"),
    ("jfrog", of(Alnum, 64), "ARTIFACTORY_TOKEN"),
    ("jira", of(Alnum, 24), "ATLASSIAN_TOKEN"),
    ("kaggle", of(LowHex, 32), "KAGGLE_KEY"),
    ("kraken", to(Token, 80, 90), "KRAKEN_KEY"),
    ("kucoin", of(LowHex, 24), "KUCOIN_KEY"),
    ("kucoin", Uuid, "KUCOIN_KEY"),
    ("launchdarkly", of(Padded, 40), "LAUNCHDARKLY_KEY"),
    ("linear", of(LowHex, 32), "LINEAR_KEY"),
    ("linkedin", of(Alnum, 14), "LINKEDIN_KEY"),
    ("linkedin", of(Alnum, 16), "LINKEDIN_KEY"),
    ("linode", of(LowHex, 64), "LINODE_TOKEN"),
    ("looker", of(Alnum, 20), "LOOKER_KEY"),
    ("looker", of(Alnum, 24), "LOOKER_KEY"),
    ("mailchimp", of(LowHex, 32), "MAILCHIMP_KEY"),
    ("mailgun", of(LowHex, 32), "MAILGUN_KEY"),
    ("mattermost", of(Low, 26), "MATTERMOST_TOKEN"),
    ("meraki", of(LowHex, 40), "MERAKI_KEY"),
    ("messagebird", of(Alnum, 25), "MESSAGEBIRD_KEY"),
    ("messagebird", Uuid, "MESSAGEBIRD_KEY"),
    ("mistral", of(Alnum, 32), "MISTRAL_KEY"),
    ("netlify", to(Padded, 40, 46), "NETLIFY_TOKEN"),
    ("newrelic", of(Alnum, 64), "NEWRELIC_KEY"),
    ("newyorktimes", of(Padded, 32), "NYTIMES_KEY"),
    ("ngrok", of(Word, 48), "NGROK_TOKEN"),
    ("nytimes", of(Padded, 32), "NYTIMES_KEY"),
    ("okta", of(Padded, 42), "OKTA_TOKEN"),
    ("openweather", of(LowHex, 32), "OPENWEATHER_KEY"),
    ("pagerduty", of(Word, 20), "PAGERDUTY_KEY"),
    ("paypal", of(Word, 80), "PAYPAL_SECRET"),
    ("plaid", of(Alnum, 24), "PLAID_TOKEN"),
    ("plaid", of(Alnum, 30), "PLAID_TOKEN"),
    ("postmark", Uuid, "POSTMARK_TOKEN"),
    ("privateai", of(Low, 32), "PRIVATEAI_KEY"),
    ("pusher", of(LowHex, 20), "PUSHER_KEY"),
    ("rapidapi", of(Word, 50), "RAPIDAPI_KEY"),
    ("recoverykey", of(Word, 55), "RECOVERY_KEY"),
    ("rollbar", of(LowHex, 32), "ROLLBAR_TOKEN"),
    ("scw", Uuid, "SCALEWAY_KEY"),
    ("secretaccess", of(Base64, 40), "AWS_SECRET_KEY"),
    ("segment", of(Alnum, 32), "SEGMENT_KEY"),
    ("sendbird", Uuid, "SENDBIRD_TOKEN"),
    ("sendbird", of(LowHex, 40), "SENDBIRD_TOKEN"),
    ("sentry", of(LowHex, 64), "SENTRY_TOKEN"),
    ("shodan", of(Alnum, 32), "SHODAN_KEY"),
    ("slack", of(LowHex, 32), "SLACK_TOKEN"),
    ("snyk", Uuid, "SNYK_TOKEN"),
    ("sonar", of(Padded, 40), "SONAR_TOKEN"),
    ("sourcegraph", of(Hex, 40), "SOURCEGRAPH_TOKEN"),
    ("splunk", Uuid, "SPLUNK_TOKEN"),
    ("spotify", of(LowHex, 32), "SPOTIFY_SECRET"),
    ("squarespace", Uuid, "SQUARESPACE_TOKEN"),
    ("sumo", of(Alnum, 14), "SUMOLOGIC_KEY"),
    ("sumo", of(Alnum, 64), "SUMOLOGIC_KEY"),
    ("tencent", of(Alnum, 32), "TENCENT_KEY"),
    ("together", of(LowHex, 64), "TOGETHER_KEY"),
    ("travis", of(Alnum, 22), "TRAVIS_TOKEN"),
    ("trello", of(LowHex, 32), "TRELLO_TOKEN"),
    ("trello", of(LowHex, 64), "TRELLO_TOKEN"),
    ("twilio", of(LowHex, 32), "TWILIO_KEY"),
    ("twitch", of(Alnum, 30), "TWITCH_TOKEN"),
    ("twitter", of(Alnum, 45), "TWITTER_TOKEN"),
    ("twitter", of(Alnum, 25), "TWITTER_TOKEN"),
    ("twitter", of(Alnum, 50), "TWITTER_TOKEN"),
    ("twitter", to(Word, 36, 66), "TWITTER_TOKEN"),
    ("vercel", of(Alnum, 24), "VERCEL_TOKEN"),
    ("virustotal", of(LowHex, 64), "VIRUSTOTAL_KEY"),
    ("vultr", of(Up, 36), "VULTR_KEY"),
    ("wandb", of(LowHex, 40), "WANDB_KEY"),
    ("weatherapi", of(LowHex, 31), "WEATHERAPI_KEY"),
    ("xray", of(Alnum, 64), "ARTIFACTORY_TOKEN"),
    ("yandex", of(Word, 40), "YANDEX_KEY"),
    ("yandex", from(Padded, 90), "YANDEX_KEY"),
    ("youtube", of(Word, 39), "GOOGLE_API_KEY"),
    ("zendesk", of(Alnum, 40), "ZENDESK_KEY"),
    ("zoom", of(Alnum, 32), "ZOOM_SECRET"),
];

/// Every label, some more than once.
pub fn labels() -> impl Iterator<Item = &'static str> {
    SERVICES.iter().map(|(_, _, label)| *label)
}

/// Takes a value that looks like a token of the service that its name names.
pub fn find(
    text: &str,
    span: std::ops::Range<usize>,
    name: &Name<'_>,
    runs: &Runs<'_>,
) -> Option<Hit> {
    let value = &text[span.clone()];
    if value.len() < 14 || value.len() > 250 {
        return None;
    }
    let found = name.rests().filter_map(|rest| {
        let letter = rest.as_bytes()[0].to_ascii_lowercase();
        let (first, last) = *BY_FIRST.get(usize::from(letter))?;
        let rows = &SERVICES[usize::from(first)..usize::from(last)];
        rows.iter().find(|(service, part, _)| {
            begins(rest, service) && runs.shape(span.start, &[*part]) == Some(span.end)
        })
    });
    // The first word of a name tells most.
    let (_, _, label) = found.last().filter(|_| random(value))?;
    Some(hit(text, span, label, SERVICE))
}

/// Rows of [`SERVICES`] that begin with a byte: a range, for the table is sorted.
static BY_FIRST: [(u16, u16); 128] = by_first();

const fn by_first() -> [(u16, u16); 128] {
    let mut ranges = [(0, 0); 128];
    let mut row = 0;
    while row < SERVICES.len() {
        let first = SERVICES[row].0.as_bytes()[0] as usize;
        if ranges[first].1 == 0 {
            ranges[first].0 = row as u16;
        }
        ranges[first].1 = row as u16 + 1;
        row += 1;
    }
    ranges
}

fn random(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let least = if value.len() < 20 { 2.6 } else { 3.0 };
    digits >= 1
        && entropy(value) >= least
        && !placeholder(value)
        && !crate::words::like_words(value)
}
