//! The loop with a decoder that spells the alphabet, so that every step can be foretold.

mod failing;
mod fairness;
mod guesses;
mod sharing;
mod vectors;

use std::sync::mpsc as std_mpsc;

use super::*;
use crate::domain::conversation::FinishReason;
use crate::domain::model::ModelId;
use crate::domain::time::Stopwatch;
use crate::engine::arch::{Facts, ModelError, Part, Wanted};
use crate::engine::kernels::attention::PAGE;
use crate::engine::kv_cache::{KvCache, KvShape, Pool, Precision};
use crate::engine::tiny_model;
use crate::engine::tokenizer::Tokenizer;
use crate::engine::weights::gguf::Gguf;
use crate::engine::{Generate, Prompt, Sampling, Scope};

const LIMITS: Limits = Limits {
    running: 2,
    waiting: 2,
    waiting_each: 2,
    chunk_tokens: 4,
};
const SHAPE: KvShape = KvShape {
    layers: 1,
    heads: 1,
    width: 1,
    precision: Precision::Single,
};

/// Says the letter after the one it sees, from `a` to `z`, and then ends. It counts what it was
/// given, and does as it is told by `!` (panic), `?` (fail) and `%` (numbers that are none).
struct Alphabet {
    facts: Facts,
    /// Tokens given in each step, and how many the cache held before.
    steps: Mutex<Vec<(usize, usize)>>,
    /// How many sequences each step was for.
    groups: Mutex<Vec<usize>>,
    /// Each step waits for one of these.
    permits: Option<Mutex<std_mpsc::Receiver<()>>>,
    pool: Arc<Pool>,
}

impl Alphabet {
    fn new(permits: Option<std_mpsc::Receiver<()>>) -> Arc<Self> {
        Self::with(permits, 1 << 16)
    }

    /// One that remembers no more than `pages` pages.
    fn with(permits: Option<std_mpsc::Receiver<()>>, pages: usize) -> Arc<Self> {
        let facts = Facts {
            architecture: "alphabet".to_owned(),
            vocab: 259,
            context: 64,
            dimensions: 2,
            parameters: 0,
            format: "F32",
        };
        Arc::new(Self {
            facts,
            steps: Mutex::default(),
            groups: Mutex::default(),
            permits: permits.map(Mutex::new),
            pool: Arc::new(Pool::new(pages)),
        })
    }

    fn groups(&self) -> Vec<usize> {
        self.groups
            .lock()
            .expect("no panic while it is held")
            .clone()
    }

    fn steps(&self) -> Vec<(usize, usize)> {
        self.steps
            .lock()
            .expect("no panic while it is held")
            .clone()
    }
}

impl Decoder for Alphabet {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn bytes(&self) -> u64 {
        0
    }

    fn new_cache(&self, tokens: usize, scope: Option<Scope>) -> KvCache {
        KvCache::new(self.pool.clone(), tokens, scope)
    }

    fn has_room(&self, tokens: usize) -> bool {
        self.pool.has_room(tokens.div_ceil(PAGE))
    }

    fn cache_bytes(&self, tokens: usize) -> u64 {
        SHAPE.bytes(tokens)
    }

    fn step(&self, parts: &mut [Part<'_>]) -> Vec<Result<Option<Vec<f32>>, ModelError>> {
        self.groups.lock().expect("unpoisoned").push(parts.len());
        let one = |part: &mut Part<'_>| {
            let last = self.forward(part.tokens, part.cache)?;
            let (_, earlier) = part.tokens.split_last().ok_or(ModelError::Empty)?;
            Ok(match part.logits {
                Wanted::None => None,
                Wanted::Last => Some(last),
                Wanted::Each => {
                    let rows = earlier.iter().map(|token| self.spell(*token));
                    let rows = rows.chain([Ok(last)]).collect::<Result<Vec<_>, _>>();
                    Some(rows?.concat())
                }
            })
        };
        parts.iter_mut().map(one).collect()
    }

    fn forward(&self, tokens: &[u32], cache: &mut KvCache) -> Result<Vec<f32>, ModelError> {
        if let Some(permits) = &self.permits {
            permits.lock().expect("one at a time").recv().ok();
        }
        self.steps
            .lock()
            .expect("unpoisoned")
            .push((tokens.len(), cache.len()));
        cache.reserve(tokens.len())?;
        cache.advance(tokens);
        self.spell(*tokens.last().ok_or(ModelError::Empty)?)
    }
}

impl Alphabet {
    /// The logits after a token.
    fn spell(&self, token: u32) -> Result<Vec<f32>, ModelError> {
        let letter = |byte: u8| u32::from(byte) + 3;
        let mut logits = vec![0.0; self.facts.vocab];
        let next = match token {
            token if token == letter(b'!') => panic!("told to"),
            token if token == letter(b'?') => return Err(ModelError::NotFinite),
            token if token == letter(b'%') => return Ok(vec![f32::NAN; self.facts.vocab]),
            token if token == letter(b'z') => tiny_model::IM_END,
            token if (letter(b'a')..letter(b'z')).contains(&token) => token + 1,
            _ => letter(b'a'),
        };
        logits[next as usize] = 1.0;
        Ok(logits)
    }
}

/// Says how long each text is.
struct Lengths {
    facts: Facts,
    batches: Mutex<Vec<usize>>,
}

impl Encoder for Lengths {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn bytes(&self) -> u64 {
        0
    }

    #[allow(clippy::cast_precision_loss, reason = "short texts")]
    fn encode(&self, batch: &[Vec<u32>]) -> Result<Vec<Vec<f32>>, ModelError> {
        self.batches.lock().expect("unpoisoned").push(batch.len());
        if batch.iter().any(|text| text.contains(&13)) {
            return Err(ModelError::NotFinite);
        }
        Ok(batch.iter().map(|text| vec![text.len() as f32]).collect())
    }
}

fn lengths() -> Arc<Lengths> {
    let facts = Alphabet::new(None).facts.clone();
    Arc::new(Lengths {
        facts,
        batches: Mutex::default(),
    })
}

fn tokenizer() -> Arc<Tokenizer> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tiny.gguf");
    std::fs::write(&path, tiny_model::seeded(1)).expect("a file");
    let file = Gguf::open(&path).expect("a GGUF file");
    Arc::new(Tokenizer::from_gguf(&file).expect("a tokenizer"))
}

struct House {
    scheduler: Scheduler,
    tokenizer: Arc<Tokenizer>,
    decoder: Arc<Alphabet>,
}

impl House {
    fn new(limits: Limits, decoder: Arc<Alphabet>) -> Self {
        Self {
            scheduler: Scheduler::start(limits).expect("a thread"),
            tokenizer: tokenizer(),
            decoder,
        }
    }

    fn request(&self, prompt: &str) -> Generate {
        Generate {
            sampling: Sampling::greedy(),
            ..Generate::new(Prompt {
                model: ModelId::from_title("alphabet"),
                tokens: self.tokenizer.encode(prompt).expect("tokens"),
                continues: false,
            })
        }
    }

    fn submit(&self, request: Generate) -> Result<TokenStream, EngineError> {
        self.submit_to(self.decoder.clone(), request)
    }

    fn submit_to(
        &self,
        decoder: Arc<Alphabet>,
        request: Generate,
    ) -> Result<TokenStream, EngineError> {
        let tokenizer = self.tokenizer.clone();
        let (sequence, pieces) = Sequence::new(request, &[], tokenizer, 64)?;
        self.scheduler.submit(sequence, decoder, pieces)
    }

    fn ask(&self, prompt: &str) -> TokenStream {
        self.submit(self.request(prompt)).expect("there is room")
    }

    fn embed(&self, encoder: &Arc<Lengths>, texts: &[usize]) -> Vectors {
        let (reply, vectors) = oneshot::channel();
        let job = EmbedJob {
            encoder: encoder.clone(),
            texts: texts.iter().map(|length| vec![1; *length]).collect(),
            reply,
        };
        self.scheduler.embed(job).expect("there is room");
        vectors
    }

    /// Waits until the loop says that this many wait and run.
    fn settle(&self, load: (usize, usize)) {
        let watch = Stopwatch::start();
        while self.scheduler.load() != load {
            let seconds = watch.elapsed().as_secs();
            assert!(
                seconds < 30,
                "{:?} where {load:?} is awaited",
                self.scheduler.load()
            );
            std::thread::yield_now();
        }
    }
}

type Vectors = oneshot::Receiver<Result<Vec<Vec<f32>>, EngineError>>;

/// All text, and how it ended.
async fn hear(mut stream: TokenStream) -> (String, Result<(FinishReason, u32, u32), EngineError>) {
    let mut text = String::new();
    let mut tokens_heard = 0;
    while let Some(piece) = stream.next().await {
        match piece {
            Ok(Piece::Text {
                text: more, tokens, ..
            }) => {
                text.push_str(&more);
                tokens_heard += tokens;
            }
            Ok(Piece::End { finish, usage }) => {
                assert!(tokens_heard <= usage.completion_tokens);
                assert!(stream.next().await.is_none(), "nothing comes after the end");
                return (
                    text,
                    Ok((finish, usage.prompt_tokens, usage.completion_tokens)),
                );
            }
            Err(error) => return (text, Err(error)),
        }
    }
    panic!("a stream ends with an end or an error");
}

#[tokio::test]
async fn an_answer_comes_whole_and_says_why_it_ended() {
    let house = House::new(LIMITS, Alphabet::new(None));
    let (text, end) = hear(house.ask("hello v")).await;
    assert_eq!(
        (text.as_str(), end.expect("an end")),
        ("wxyz", (FinishReason::Stop, 7, 4))
    );

    for (most, stop, text, end) in [
        (Some(2), vec![], "wx", (FinishReason::Length, 7, 2)),
        (Some(0), vec![], "", (FinishReason::Length, 7, 0)),
        (Some(1000), vec!["yz"], "wx", (FinishReason::Stop, 7, 4)),
        (Some(3), vec!["yz"], "wxy", (FinishReason::Length, 7, 3)),
        (None, vec!["q", "w"], "", (FinishReason::Stop, 7, 1)),
    ] {
        let mut request = house.request("hello v");
        request.max_tokens = most;
        request.stop = stop.into_iter().map(str::to_owned).collect();
        let (said, ended) = hear(house.submit(request).expect("there is room")).await;
        assert_eq!((said.as_str(), ended.expect("an end")), (text, end));
    }
    let mut endless = house.request("x");
    (endless.ignore_end, endless.max_tokens) = (true, Some(5));
    let (text, end) = hear(house.submit(endless).expect("room")).await;
    assert_eq!((text.as_str(), end.expect("an end").2), ("yzab", 5));
}

#[tokio::test]
async fn a_prompt_that_does_not_fit_is_refused_and_an_answer_is_capped() {
    let house = House::new(LIMITS, Alphabet::new(None));
    let error = house
        .submit(house.request(&"x".repeat(64)))
        .expect_err("too long");
    let EngineError::PromptTooLong { tokens, limit } = error else {
        panic!("{error}");
    };
    assert_eq!((tokens, limit), (64, 63));
    let (text, end) = hear(house.ask(&"x".repeat(63))).await;
    assert_eq!(
        (text.as_str(), end.expect("an end")),
        ("y", (FinishReason::Length, 63, 1))
    );
}

#[tokio::test]
async fn nobody_is_held_up_by_more_than_a_chunk() {
    let (permit, permits) = std_mpsc::channel();
    let house = House::new(LIMITS, Alphabet::new(Some(permits)));
    let short = house.ask("a");
    house.settle((0, 1));
    let long = house.ask(&" ".repeat(40));
    for _ in 0..200 {
        permit.send(()).expect("the decoder waits for it");
    }
    let (short, long) = tokio::join!(hear(short), hear(long));
    assert_eq!(short.0, "bcdefghijklmnopqrstuvwxyz");
    assert_eq!(
        long.0, "abcdefghijklmnopqrstuvwx",
        "as much as the context holds"
    );
    let steps = house.decoder.steps();
    let chunks: Vec<usize> = (0..steps.len()).filter(|at| steps[*at].0 > 1).collect();
    assert_eq!(chunks.len(), 10, "{steps:?}");
    assert!(chunks.iter().all(|at| steps[*at].0 == 4));
    for pair in chunks.windows(2) {
        assert_eq!(
            pair[1] - pair[0],
            2,
            "one word of the other comes between two chunks"
        );
    }
    let after = &steps[chunks[9] + 1..];
    assert!(
        after
            .windows(2)
            .take(20)
            .all(|pair| pair[0].1 != pair[1].1 - 1),
        "in turn: {after:?}"
    );
}

#[tokio::test]
async fn dropping_a_stream_frees_its_place_within_a_token() {
    let (permit, permits) = std_mpsc::channel();
    let house = House::new(LIMITS, Alphabet::new(Some(permits)));
    let mut stream = house.ask("a");
    permit.send(()).expect("the decoder waits");
    assert!(matches!(stream.next().await, Some(Ok(Piece::Text { .. }))));
    drop(stream);
    // The step that was under way may end; there is no other.
    permit.send(()).expect("the decoder waits");
    house.settle((0, 0));
    assert!(house.decoder.steps().len() <= 2);
}

#[tokio::test]
async fn the_queue_is_bounded_and_tells_places() {
    let (permit, permits) = std_mpsc::channel();
    let house = House::new(LIMITS, Alphabet::new(Some(permits)));
    // The first is in its first step; the loop looks at the queue again after it.
    let mut streams = vec![house.ask("y")];
    house.settle((0, 1));
    streams.extend((0..3).map(|_| house.ask("y")));
    let ahead = |stream: &TokenStream| stream.place().map(|place| place.ahead);
    let places: Vec<Option<usize>> = streams.iter().map(ahead).collect();
    assert_eq!(places, [None, Some(0), Some(1), Some(2)]);
    let full = house.submit(house.request("y"));
    assert!(matches!(full, Err(EngineError::Busy { queued: 3, .. })));
    // One in the middle gives up; the last moves on and there is room again.
    drop(streams.remove(2));
    assert_eq!(ahead(&streams[2]), Some(1));
    streams.push(house.ask("y"));
    for _ in 0..100 {
        permit.send(()).expect("the decoder waits");
    }
    for stream in streams {
        assert_eq!(hear(stream).await.0, "z");
    }
    house.settle((0, 0));
}

#[tokio::test]
async fn a_step_that_fails_ends_its_own_sequence_only() {
    for (bad, said) in [("!", "panicked"), ("?", "none"), ("%", "not numbers")] {
        let house = House::new(LIMITS, Alphabet::new(None));
        let (bad, good) = (house.ask(bad), house.ask("w"));
        let (bad, good) = tokio::join!(hear(bad), hear(good));
        let error = bad.1.expect_err("an error").to_string();
        assert!(error.contains(said), "{error}");
        assert_eq!(good.0, "xyz");
        assert_eq!(hear(house.ask("x")).await.0, "yz");
    }
}

#[tokio::test]
async fn caches_stay_within_their_memory() {
    // Room for the 64 tokens of one sequence that may get long, and for one short one beside it.
    let (permit, permits) = std_mpsc::channel();
    let limits = Limits {
        running: 4,
        ..LIMITS
    };
    let house = House::new(limits, Alphabet::with(Some(permits), 64 / PAGE + 1));
    let short = || {
        let mut request = house.request("y");
        request.max_tokens = Some(4);
        house.submit(request).expect("room")
    };
    let long = house.ask("w");
    house.settle((0, 1));
    let streams = [long, short(), short()];
    // A turn of one step: the prompt is read and the first token is picked.
    permit.send(()).expect("the decoder waits");
    house.settle((1, 2));
    assert_eq!(streams[2].place().map(|place| place.ahead), Some(0));
    for _ in 0..100 {
        permit.send(()).expect("the decoder waits");
    }
    let mut said = Vec::new();
    for stream in streams {
        said.push(hear(stream).await.0);
    }
    assert_eq!(said, ["xyz", "z", "z"]);
}

#[tokio::test]
async fn stopping_tells_everybody() {
    let (permit, permits) = std_mpsc::channel();
    let house = House::new(LIMITS, Alphabet::new(Some(permits)));
    let mut streams = vec![house.ask("a")];
    house.settle((0, 1));
    streams.extend([house.ask("a"), house.ask("b")]);
    let vectors = house.embed(&lengths(), &[1]);
    house.scheduler.board.stop();
    drop(permit);
    house.scheduler.stop();
    for stream in streams {
        assert!(matches!(hear(stream).await.1, Err(EngineError::Stopping)));
    }
    assert!(matches!(vectors.await, Ok(Err(EngineError::Stopping))));
    assert!(matches!(
        house.submit(house.request("a")),
        Err(EngineError::Stopping)
    ));
    assert_eq!(house.scheduler.load(), (0, 0));
}
