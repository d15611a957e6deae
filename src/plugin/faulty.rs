//! Hostile guests for tests: core modules written as text, which do in one call whatever a guest
//! could do wrong.

use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// What a call of the guest does.
#[derive(Clone, Debug)]
pub(super) enum Does {
    /// Answers with these bytes, laid out as the canonical ABI wants them.
    Answers(Vec<u8>),
    /// Runs this code, with a result of `i32`. `$text` and `$len` are where the text lies.
    Runs(&'static str),
}

/// A guest whose three calls do as told.
#[derive(Clone, Debug)]
pub(super) struct Faulty {
    pub(super) check: Does,
    pub(super) push: Does,
    pub(super) finish: Does,
    /// Goes into the module as it is: imports come first.
    pub(super) imports: &'static str,
}

/// Where answers and texts are put in the guest's memory.
const CHECK_AT: u32 = 0x1000;
const PUSH_AT: u32 = 0x2000;
const FINISH_AT: u32 = 0x3000;
const WORDS_AT: u32 = 0x4000;
const ABOUT_AT: u32 = 0x5000;
const HEAP_AT: u32 = 0x10000;

/// Words that answers point to: (offset, length).
const LABEL: (u32, u32) = (WORDS_AT, 5);
const REPLACEMENT: (u32, u32) = (WORDS_AT + 5, 7);
const MESSAGE: (u32, u32) = (WORDS_AT + 12, 3);
const INVALID_UTF8: (u32, u32) = (WORDS_AT + 15, 2);
const WORDS: &[u8] = b"EMAIL[EMAIL]No.\xff\xfefaulty0.1.0";

impl Faulty {
    /// Lets everything pass, at once.
    pub(super) fn meek() -> Self {
        let all = Does::Runs(
            "(i32.store8 (i32.const 0x1000) (i32.const 1))
             (i32.store (i32.const 0x1004) (local.get $len))
             (i32.store (i32.const 0x1008) (i32.const 0))
             (i32.store (i32.const 0x100c) (i32.const 0))
             (i32.const 0x1000)",
        );
        Self {
            check: Does::Answers(pass()),
            push: all.clone(),
            finish: all,
            imports: "",
        }
    }

    pub(super) fn check(does: Does) -> Self {
        Self {
            check: does,
            ..Self::meek()
        }
    }

    pub(super) fn push(does: Does) -> Self {
        Self {
            push: does,
            ..Self::meek()
        }
    }

    /// The core module, with the description of the world inside as `wit-bindgen` leaves it.
    pub(super) fn wasm(&self) -> Vec<u8> {
        let mut wasm = wat::parse_str(self.source()).expect("the module is well-formed");
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_dir("wit").expect("wit/ parses");
        let world = resolve
            .select_world(&[package], Some("guardrail-plugin"))
            .expect("a world");
        embed_component_metadata(&mut wasm, &resolve, world, StringEncoding::UTF8, false)
            .expect("a world can be described");
        wasm
    }

    fn source(&self) -> String {
        let (check, check_data) = body(&self.check, CHECK_AT);
        let (push, push_data) = body(&self.push, PUSH_AT);
        let (finish, finish_data) = body(&self.finish, FINISH_AT);
        let (imports, words) = (self.imports, data(WORDS_AT, WORDS));
        let about = data(ABOUT_AT, &about());
        let subject = "(param $side i32) (param $text i32) (param $len i32) (param $view i32)
                       (param $view_len i32) (param $runs i32) (param $runs_len i32)
                       (param $decoded i32) (param $decoded_len i32)";
        let guard = "privatestack:plugin/guardrail@0.1.0";
        format!(
            r#"(module
  {imports}
  (import "[export]{guard}" "[resource-new]session" (func $new (param i32) (result i32)))
  (import "privatestack:plugin/host-log@0.1.0" "log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 2)
  (global $top (mut i32) (i32.const {HEAP_AT}))
  (func $deeper (param i32) (result i32)
    (i32.add (call $deeper (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
    (global.set $top (i32.add (local.get $at) (local.get 3)))
    (if (i32.gt_u (global.get $top) (i32.mul (memory.size) (i32.const 65536)))
      (then (drop (memory.grow
        (i32.add (i32.div_u (local.get 3) (i32.const 65536)) (i32.const 1))))))
    (local.get $at))
  (func (export "privatestack:plugin/lifecycle@0.1.0#describe") (result i32)
    (i32.const {ABOUT_AT}))
  (func (export "{guard}#check") {subject} (result i32) {check})
  (func (export "cabi_post_{guard}#check") (param i32)
    (global.set $top (i32.const {HEAP_AT})))
  (func (export "{guard}#check-all") (param i32 i32) (result i32) unreachable)
  (func (export "{guard}#[constructor]session") (param i32) (result i32)
    (call $new (i32.const 1)))
  (func (export "{guard}#[method]session.push") (param $self i32) {subject} (result i32) {push})
  (func (export "{guard}#[method]session.finish") (param $self i32) {subject} (result i32)
    {finish})
  {words} {about} {check_data} {push_data} {finish_data})"#
        )
    }
}

/// The code of a call and the data that it needs.
fn body(does: &Does, at: u32) -> (String, String) {
    match does {
        Does::Answers(bytes) => (format!("(i32.const {at})"), data(at, bytes)),
        Does::Runs(code) => ((*code).to_owned(), String::new()),
    }
}

fn data(at: u32, bytes: &[u8]) -> String {
    let text: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
    format!("(data (i32.const {at}) \"{text}\")")
}

fn words(list: &[u32]) -> Vec<u8> {
    list.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// Name, version, summary (each pointer and length), no labels.
fn about() -> Vec<u8> {
    let (name, version) = (WORDS_AT + 17, WORDS_AT + 23);
    words(&[name, 6, version, 5, MESSAGE.0, MESSAGE.1, 0, 0])
}

/// `verdict::pass`.
pub(super) fn pass() -> Vec<u8> {
    words(&[0])
}

/// An edit of `start..end`, as it lies in memory.
pub(super) fn edit(start: u32, end: u32) -> Vec<u8> {
    edit_with(start, end, LABEL, 1.0, REPLACEMENT)
}

/// The same with a label, a score and a replacement of choice.
pub(super) fn edit_with(
    start: u32,
    end: u32,
    label: (u32, u32),
    score: f32,
    replacement: (u32, u32),
) -> Vec<u8> {
    words(&[
        start,
        end,
        label.0,
        label.1,
        score.to_bits(),
        replacement.0,
        replacement.1,
    ])
}

/// Edits that are wrong in another way than where they are.
pub(super) fn odd_edits() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        (
            "a label in small letters",
            edit_with(0, 1, (WORDS_AT + 17, 6), 1.0, REPLACEMENT),
        ),
        ("no label", edit_with(0, 1, (WORDS_AT, 0), 1.0, REPLACEMENT)),
        (
            "a score of NaN",
            edit_with(0, 1, LABEL, f32::NAN, REPLACEMENT),
        ),
        ("a score of 2", edit_with(0, 1, LABEL, 2.0, REPLACEMENT)),
        (
            "a replacement that is no text",
            edit_with(0, 1, LABEL, 1.0, INVALID_UTF8),
        ),
        (
            "a replacement of 64 KiB",
            edit_with(0, 1, LABEL, 1.0, (0, 0x1_0000)),
        ),
        (
            "a replacement outside memory",
            edit_with(0, 1, LABEL, 1.0, (0x7fff_0000, 16)),
        ),
        (
            "a replacement of 4 GiB",
            edit_with(0, 1, LABEL, 1.0, (0, u32::MAX)),
        ),
    ]
}

/// `verdict::redact` with these edits, at the place of `check`'s answer.
pub(super) fn redact(edits: &[Vec<u8>]) -> Vec<u8> {
    let count = u32::try_from(edits.len()).expect("few edits");
    [words(&[1, CHECK_AT + 12, count]), edits.concat()].concat()
}

/// `verdict::redact` with a list that claims to be longer than memory.
pub(super) fn redact_endless() -> Vec<u8> {
    words(&[1, CHECK_AT + 12, u32::MAX])
}

/// `verdict::block` of `start..end`; also `step::stop`, which lies in memory alike.
pub(super) fn block(start: u32, end: u32) -> Vec<u8> {
    let score = 1f32.to_bits();
    words(&[2, start, end, LABEL.0, LABEL.1, score, MESSAGE.0, MESSAGE.1])
}

/// `step::emit` with these edits, at the place of `push`'s answer.
pub(super) fn emit(upto: u32, edits: &[Vec<u8>]) -> Vec<u8> {
    let count = u32::try_from(edits.len()).expect("few edits");
    [words(&[1, upto, PUSH_AT + 16, count]), edits.concat()].concat()
}
