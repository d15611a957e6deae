//! What is a circle and what is none.

use proptest::prelude::*;

use super::*;

/// What is shown of `text` in pieces of `size` characters, and whether it was ended.
fn shown(text: &str, size: usize) -> (String, bool) {
    let (mut loops, mut all) = (Loops::default(), String::new());
    let characters: Vec<char> = text.chars().collect();
    for piece in characters.chunks(size) {
        let (some, over) = loops.push(&piece.iter().collect::<String>());
        all.push_str(&some);
        if over {
            return (all, true);
        }
    }
    all.push_str(&loops.finish());
    (all, false)
}

#[test]
fn circles_end_and_everything_else_is_left_alone() {
    const KEPT: &str = "The spare impeller is kept in hall 3.";
    let again = |n: usize| format!("{KEPT} ").repeat(n);
    let list: String = (1..9).map(|n| format!("{n}. {KEPT}\n\n")).collect();
    let code = format!("```go\n{}```\n", "if err != nil { return err }\n".repeat(9));
    let table = "| the same | in every | row | here |\n".repeat(9);
    let short = "Yes. ".repeat(20);
    let refrain = format!("{KEPT}\nRow, row, row your boat.\n{KEPT}\nDown the stream it goes.\n");
    let pair = format!("{KEPT} It is greased every 250 hours. ").repeat(5);
    let quoted = "\"Row, row, row your boat.\" ".repeat(5);
    let kana = "予備の羽根車は棚にあります。".repeat(5);
    let stammer = |n: usize| format!("The box has {}", "a facility to have ".repeat(n));
    let item = |n: u32| {
        (0..n)
            .map(|n| format!("{n}. The wardrobe\n"))
            .collect::<String>()
    };
    let price = |n: u32| format!("{n}.50 EUR is the price. ");
    let prices: String = (3..9).map(price).collect();
    for (text, expected, ended) in [
        (again(8), format!("{KEPT} "), true),
        (list, format!("1. {KEPT}\n"), true),
        (
            pair,
            format!("{KEPT} It is greased every 250 hours. "),
            true,
        ),
        (quoted, "\"Row, row, row your boat.\"".into(), true),
        (kana, "予備の羽根車は棚にあります。".into(), true),
        (prices.clone(), prices, false),
        (again(2), format!("{KEPT} "), false),
        (format!("{KEPT} {KEPT} The spare imp"), KEPT.into(), false),
        (
            format!("{KEPT} The spare imp"),
            format!("{KEPT} The spare imp"),
            false,
        ),
        (stammer(9), stammer(4), true),
        ("no ".repeat(20), "no ".repeat(8), true),
        (item(20), item(8), true),
        (item(7), item(7), false),
        ("0 ".repeat(40), "0 ".repeat(40), false),
        (code.clone(), code, false),
        (table.clone(), table, false),
        (short.clone(), short, false),
        (refrain.clone(), refrain, false),
        (
            "It costs 3.50 EUR. It costs".into(),
            "It costs 3.50 EUR. It costs".into(),
            false,
        ),
    ] {
        for size in [1, 2, 3, 7, 1000] {
            let (got, over) = shown(&text, size);
            assert_eq!(
                (got.trim_end(), over),
                (expected.trim_end(), ended),
                "{size}"
            );
        }
    }
}

proptest! {
    /// However an answer is cut into pieces, what is shown is the same beginning of it.
    #[test]
    fn pieces_do_not_matter(
        sentences in prop::collection::vec(0..7_usize, 0..20),
        size in 1..12_usize,
    ) {
        let known = ["One two three four. ", "Five six seven eight nine!\n", "- a b c d e\n",
            "Short. ", "3. One two three four.\n", "\n", "12 of 3.5 are as good. "];
        let text: String = sentences.iter().map(|i| known[*i]).collect();
        let (whole, over) = shown(&text, 10_000);
        prop_assert_eq!(shown(&text, size), (whole.clone(), over));
        prop_assert!(text.starts_with(&whole));
    }
}
