//! Nobody's answer depends on anybody else's: on company, on what others have left in memory, on
//! how a prompt is cut or how many threads compute.

use super::*;

/// Threads, tokens of a prompt read in one go, how often both talk, a thousand times in all, and
/// then whether keys and values are bytes.
const WAYS: [(u32, u32, usize, bool); 6] = [
    (1, 64, 500, false),
    (1, 7, 200, false),
    (2, 32, 200, false),
    (3, 11, 100, false),
    (1, 7, 100, true),
    (3, 11, 100, true),
];

/// Questions of one conversation; everybody begins with the same.
const QUESTIONS: [&str; 4] = [
    "Where is it kept, and who has the key?",
    "And?",
    "Why?",
    "So?",
];

/// Somebody who talks with the model, and does so again and again.
struct Talk {
    who: &'static str,
    seed: u64,
    /// Turns until it begins anew.
    turns: usize,
    /// Questions and answers.
    said: Vec<String>,
}

/// Of different lengths, so that each turn of one meets each turn of the other.
fn talks() -> [Talk; 2] {
    [("ada", 100, 4), ("bob", 200, 3)].map(|(who, seed, turns)| Talk {
        who,
        seed,
        turns,
        said: Vec::new(),
    })
}

impl Talk {
    fn turn(&self) -> usize {
        self.said.len() / 2
    }

    async fn asks(&mut self, house: &House, model: &ModelId, shared: bool) -> Generate {
        if self.turn() == self.turns {
            self.said.clear();
        }
        let turn = self.turn();
        self.said.push(QUESTIONS[turn].to_owned());
        let prompt = house.engine.prompt_text(model, &self.said.concat()).await;
        Generate {
            sampling: Sampling::default().with_seed(self.seed + turn as u64),
            max_tokens: Some([4, 2, 5, 3][turn]),
            scope: shared.then(|| Scope::of(&[self.who])),
            asker: Asker::named(self.who),
            ..Generate::new(prompt.expect("a prompt"))
        }
    }

    fn hears(&mut self, text: &str) {
        self.said.push(text.to_owned());
    }
}

/// What each says with nobody else there, nothing read before and every prompt read in one go.
async fn alone(kv_cache_int8: bool) -> [Vec<String>; 2] {
    let mut all = [Vec::new(), Vec::new()];
    for (mut talk, texts) in talks().into_iter().zip(&mut all) {
        let house = House::new(&EngineConfig {
            prefill_chunk_tokens: 4096,
            kv_cache_int8,
            ..small()
        });
        let model = house.chat("speck", &tiny_model::speck(7));
        for _ in 0..talk.turns {
            let request = talk.asks(&house, &model, false).await;
            let (text, _, usage) = house.answer(request).await;
            assert_eq!(usage.cached_tokens, 0);
            talk.hears(&text);
            texts.push(text);
        }
    }
    all
}

#[tokio::test]
async fn a_thousand_interleaved_turns_say_what_each_says_alone() {
    let [usual, bytes] = [alone(false).await, alone(true).await];
    for expected in [&usual, &bytes] {
        assert_ne!(expected[0][0], expected[1][0]);
    }
    for (threads, chunk, rounds, kv_cache_int8) in WAYS {
        let expected = if kv_cache_int8 { &bytes } else { &usual };
        let house = House::new(&EngineConfig {
            threads,
            prefill_chunk_tokens: chunk,
            kv_cache_int8,
            ..EngineConfig::default()
        });
        let model = house.chat("speck", &tiny_model::speck(7));
        let [mut ada, mut bob] = talks();
        let mut hits = 0;
        for round in 0..rounds {
            // Now and then nothing is shared, and somebody else comes and goes again.
            let shared = round % 16 != 11;
            let turns = [ada.turn() % ada.turns, bob.turn() % bob.turns];
            let one = ada.asks(&house, &model, shared).await;
            let two = bob.asks(&house, &model, shared).await;
            let passing = Generate {
                scope: shared.then(|| Scope::of(&["cy"])),
                asker: Asker::named("cy"),
                ..one.clone()
            };
            let passes = async {
                if round % 5 == 0 {
                    drop(house.engine.generate(passing).await);
                }
            };
            let (first, (), second) = match round % 2 {
                0 => tokio::join!(house.answer(one), passes, house.answer(two)),
                _ => {
                    let (second, (), first) =
                        tokio::join!(house.answer(two), passes, house.answer(one));
                    (first, (), second)
                }
            };
            for (who, turn, answer) in [(0, turns[0], &first), (1, turns[1], &second)] {
                let (text, _, usage) = answer;
                let way = (threads, chunk, kv_cache_int8, round, usage.cached_tokens);
                assert_eq!(*text, expected[who][turn], "{who} {turn}: {way:?}");
                hits += u32::from(usage.cached_tokens > 0);
                assert!(shared || usage.cached_tokens == 0, "{way:?}");
            }
            if round == 0 {
                assert_eq!(hits, 0, "Bob begins as Ada does and finds nothing of hers");
            }
            ada.hears(&first.0);
            bob.hears(&second.0);
        }
        assert!(hits as usize > rounds, "{hits} prefixes were found");
    }
}
