//! Guesses change how many steps an answer takes, and nothing else.

use super::*;

/// What was said after `prompt`, and the steps that it took: tokens given, tokens held before.
async fn say(prompt: &str, most: Option<u32>, guesses: usize) -> (String, Vec<(usize, usize)>) {
    let limits = Limits {
        chunk_tokens: 64,
        ..LIMITS
    };
    let house = House::new(limits, Alphabet::new(None));
    let mut request = house.request(prompt);
    request.max_tokens = most;
    let tokenizer = house.tokenizer.clone();
    let (mut sequence, pieces) = Sequence::new(request, &[], tokenizer, 64).expect("it fits");
    sequence.guess_ahead(guesses);
    let decoder = house.decoder.clone();
    let stream = house.scheduler.submit(sequence, decoder, pieces);
    let (text, end) = hear(stream.expect("there is room")).await;
    end.expect("an end");
    (text, house.decoder.steps())
}

#[tokio::test]
async fn what_stood_before_is_said_in_fewer_steps() {
    for (prompt, most, steps) in [
        // All of it stood there: seven at a time, and never past the end.
        ("klmnopqrstuvwxyz klm", None, Some(3)),
        ("klmnopqrstuvwxyz klm", Some(4), Some(2)),
        ("klmnopqrstuvwxyz klm", Some(1), Some(1)),
        // Something else followed there: the first guess is kept, the others are not, and what the
        // model makes of them, be it no numbers at all, does not matter.
        ("klmno%xyz lmn", None, None),
        ("lmnX lmn", None, None),
        ("lmn", None, None),
    ] {
        let (text, plain) = say(prompt, most, 0).await;
        let (guessed, fewer) = say(prompt, most, 7).await;
        assert_eq!(text, guessed, "{prompt}");
        assert!(fewer.len() <= plain.len(), "{prompt}: {fewer:?}");
        if let Some(steps) = steps {
            assert_eq!(fewer.len(), steps, "{prompt}: {fewer:?}");
        }
        // What is held before a step is what was said, and no guess that was wrong.
        for (given, before) in &fewer[1..] {
            let held = before - prompt.len();
            assert!(
                *given <= 8 && plain.iter().any(|(_, then)| then == before),
                "{fewer:?}"
            );
            assert!(held < text.len(), "{fewer:?}");
        }
    }
}

#[tokio::test]
async fn a_wrong_guess_is_not_found_by_the_next_prompt() {
    // The guess fills a page, which is published and taken back.
    let limits = Limits {
        chunk_tokens: 64,
        ..LIMITS
    };
    let house = House::new(limits, Alphabet::new(None));
    let begun = format!("abcZZZZZ{}abc", " ".repeat(18));
    let right = format!("{begun}defghi abc");
    let wrong = format!("{begun}ZZZZZ abc");
    for (prompt, cached, said) in [
        (&begun, 0, "defghijklmnopqrstuvwxyz"),
        (&wrong, 0, "ZZZZZ"),
        (&right, 32, "defghi"),
    ] {
        let mut request = house.request(prompt);
        request.scope = Some(Scope::of(&["ada"]));
        let tokenizer = house.tokenizer.clone();
        let (mut sequence, pieces) = Sequence::new(request, &[], tokenizer, 64).expect("it fits");
        sequence.guess_ahead(7);
        let decoder = house.decoder.clone();
        let stream = house.scheduler.submit(sequence, decoder, pieces);
        let mut stream = stream.expect("there is room");
        let (mut text, mut found) = (String::new(), None);
        while let Some(piece) = stream.next().await {
            match piece.expect("an answer") {
                Piece::Text { text: more, .. } => text.push_str(&more),
                Piece::End { usage, .. } => found = Some(usage.cached_tokens),
            }
        }
        assert_eq!(found, Some(cached), "{prompt}");
        assert!(!said.starts_with('d') || text.starts_with('d'), "{text}");
    }
}
