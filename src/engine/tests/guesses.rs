//! Guessing ahead changes when words come, and never which.

use super::*;

/// Answers of one box to a list of questions, in two rounds, with all that comes with them.
async fn answers(guessed_tokens: u32) -> Vec<(String, Vec<TokenLogprob>, FinishReason)> {
    let house = House::new(&EngineConfig {
        guessed_tokens,
        batch_sequences: 2,
        ..small()
    });
    let mut all = Vec::new();
    for seed in [3, 8] {
        let id = house.chat("seeded", &tiny_model::seeded(seed));
        for round in 0..4_u64 {
            let ask = async |question: &str, temperature: f32| {
                let mut request = house.request(&id, question).await;
                request.sampling = Sampling::new(temperature, 0.9)
                    .and_then(|s| s.with_repetition_penalty(if round == 1 { 1.1 } else { 1.0 }))
                    .expect("in range")
                    .with_seed(round);
                (request.max_tokens, request.ignore_end) = (Some(90), true);
                request.scope = Some(Scope::of(&["ada"]));
                request.logprobs = Some(1);
                if round == 3 {
                    let form = Constraint::regex("(ab|abc|abd)*x?").expect("an expression");
                    (request.constraint, request.ignore_end) = (Some(form), false);
                }
                house.pieces(request).await
            };
            // Alone, and in company.
            all.push(ask("Say it again: one two three one two three", 0.0).await);
            let (a, b) = tokio::join!(ask("one two one two", 0.3), ask("abababab", 0.0));
            all.extend([a, b]);
        }
    }
    all
}

#[tokio::test]
async fn answers_are_the_same_with_guesses_and_without() {
    let plain = answers(0).await;
    assert!(plain.iter().any(|(text, ..)| text.len() > 60), "long ones");
    for most in [1, 7, 64] {
        assert!(answers(most).await == plain, "{most} guesses at a time");
    }
}
