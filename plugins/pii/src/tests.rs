use sdk::{Guardrail, Side};

use super::Pii;

#[test]
fn the_cases_hold() {
    sdk::testing::cases::<Pii>(include_str!("../cases.toml"));
}

#[test]
fn a_stream_says_what_the_whole_text_says() {
    sdk::testing::streams::<Pii>(&sdk::testing::texts(include_str!("../cases.toml")));
}

#[test]
fn no_length_of_padding_hides_an_address() {
    let mut texts = Vec::new();
    for padding in (0..1100).step_by(17) {
        let text = format!("{}(jane.doe@example.com)", "x,".repeat(padding));
        let verdict = Pii::check(sdk::testing::subject(Side::Output, &text));
        let got = sdk::testing::outcome(&text, &verdict);
        assert_eq!(got, format!("{}([EMAIL])", "x,".repeat(padding)));
        texts.push(text);
    }
    sdk::testing::streams::<Pii>(&texts[26..34]);
}
