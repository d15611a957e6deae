//! Workbooks.

use crate::kit::{open_document, text, xlsx};

#[test]
fn a_sheet_is_its_tables() {
    let strings = "<sst><si><t>Part</t></si><si><r><t>Pri</t></r><r><t>ce</t></r><rPh><t>x</t></rPh></si><si><t>Seal|ring</t></si></sst>";
    let styles = "<styleSheet><numFmts><numFmt numFmtId='170' formatCode='d/m/yyyy'/></numFmts>\
        <cellStyleXfs><xf numFmtId='9'/></cellStyleXfs>\
        <cellXfs><xf numFmtId='0'/><xf numFmtId='170'/><xf numFmtId='2'/></cellXfs></styleSheet>";
    let rows = "<row r='2'><c r='B2' t='inlineStr'><is><t>Stock of spring</t></is></c></row>\
        <row r='3'><c r='B3' t='s'><v>0</v></c><c r='C3' t='s'><v>1</v></c><c r='F3' t='inlineStr'><is><t>Since</t></is></c></row>\
        <row r='4'><c r='B4' t='s'><v>2</v></c><c r='C4' s='2'><v>7.5</v></c><c r='F4' s='1'><v>45351</v></c></row>\
        <row r='6'><c r='B6' t='b'><v>1</v></c><c r='C6' t='e'><v>#REF!</v></c><c r='F6'><f>A1+1</f><v>3</v></c></row>\
        <row r='1048576'><c r='XFD1048576' t='str'><v>corner</v></c></row>";
    let file = xlsx(
        rows,
        &[("xl/sharedStrings.xml", strings), ("xl/styles.xml", styles)],
    );
    assert_eq!(
        text("a.xlsx", &file),
        "## Stock\n\nStock of spring\n\n| Part | Price | Since |\n| --- | --- | --- |\n\
         | Seal\\|ring | 7.50 | 2024-02-29 |\n| TRUE | #REF! | 3 |\n\ncorner\n"
    );
}

#[test]
fn a_long_table_says_its_columns_again_and_a_longer_one_is_cut() {
    let row =
        |at: usize| format!("<row r='{at}'><c t='str'><v>w{at}</v></c><c><v>{at}</v></c></row>");
    let head = "<row r='1'><c t='str'><v>Word</v></c><c t='str'><v>Number</v></c></row>";
    let long = xlsx(
        &(head.to_owned() + &(2..=42).map(row).collect::<String>()),
        &[],
    );
    assert_eq!(
        text("a.xlsx", &long).matches("| Word | Number |").count(),
        3
    );

    let longer = xlsx(
        &(head.to_owned() + &(2..=50_010).map(row).collect::<String>()),
        &[],
    );
    let text = text("a.xlsx", &longer);
    assert!(text.contains("| w50000 | 50000 |") && !text.contains("w50001"));
    assert!(text.ends_with("(10 more rows were left out.)\n"));
}

#[test]
fn open_document_sheets_are_read() {
    let file = open_document(
        "<office:body><office:spreadsheet><table:table table:name='Costs'>\
         <table:table-row><table:table-cell office:value-type='string'><text:p>When</text:p></table:table-cell>\
         <table:table-cell table:number-columns-spanned='2' office:value-type='string'><text:p>Sum</text:p></table:table-cell><table:covered-table-cell/></table:table-row>\
         <table:table-row><table:table-cell office:value-type='date' office:date-value='2024-02-29'><text:p>29.02.24</text:p></table:table-cell>\
         <table:table-cell office:value-type='float' office:value='1.5'><office:annotation><dc:creator>N</dc:creator><text:p>checked</text:p></office:annotation><text:p>1,50</text:p></table:table-cell></table:table-row>\
         <table:table-row table:number-rows-repeated='1048574'><table:table-cell table:number-columns-repeated='16384'/></table:table-row>\
         </table:table></office:spreadsheet></office:body>",
        "",
        "",
    );
    assert_eq!(
        text("a.ods", &file),
        "## Costs\n\n| When | Sum |\n| --- | --- |\n| 2024-02-29 | 1,50 |\n\nNote on B2: checked\n"
    );
}
