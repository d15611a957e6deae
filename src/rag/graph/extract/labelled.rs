//! A labelled set: texts of our own with what is to be found in them, to measure by.
//!
//! Each line of names is `kind: name | name`, as keys have them. Texts that name nothing, or name
//! what only looks like something, count as much as the others.

/// A text, and the keys of all that it names.
pub(super) const LABELLED: &[(&str, &str)] = &[
    (
        "Dr. Anna Weber signed the report. Weber will present it on 12 March 2024.",
        "person: anna weber; date: 2024-03-12",
    ),
    (
        "Ask Ines for the key to cabinet Q-19.",
        "person: ines; id: q-19",
    ),
    (
        "Invoice INV-2024-113 was sent to Acme Robotics GmbH & Co. KG in Hamburg.",
        "id: inv-2024-113; organisation: acme robotics; place: hamburg",
    ),
    (
        "Acme Robotics, Inc. bought the plant. Acme Robotics now runs it from Lyon.",
        "organisation: acme robotics; place: lyon",
    ),
    (
        "The quality office follows ISO 9001:2015 and ISO/IEC 27001.",
        "id: iso-9001 | iso-iec-27001",
    ),
    (
        "“Working Day” means a day on which the bank in Zürich is open.",
        "term: working day; place: zurich",
    ),
    (
        "A service level agreement (SLA) says what is promised. The SLA ends in May 2025.",
        "term: service level agreement | sla; date: 2025-05",
    ),
    (
        "The contract is between Nordwind AG (the \"Supplier\") and the buyer. The Supplier pays the freight.",
        "organisation: nordwind; term: supplier",
    ),
    (
        "Herr Thomas Müller vom Bundesamt für Justiz kommt am 3. Mai 2024 nach Bonn.",
        "person: thomas muller; organisation: bundesamt fur justiz; date: 2024-05-03; place: bonn",
    ),
    (
        "Die Stadtwerke liefern das Wasser, und der Vertrag endet im nächsten Jahr.",
        "",
    ),
    (
        "Der Begriff „Werktag“ bezeichnet jeden Tag außer Sonntag.",
        "term: werktag",
    ),
    (
        "Frau Krüger schrieb an die Muster Handels GmbH in Köln.",
        "person: kruger; organisation: muster handels; place: cologne",
    ),
    (
        "Madame Claire Dubois travaille à l’usine de Nantes depuis le 1er janvier 2023.",
        "person: claire dubois; place: nantes; date: 2023-01-01",
    ),
    (
        "Le contrat avec la Société Générale finit en août 2026.",
        "organisation: societe generale; date: 2026-08",
    ),
    (
        "La señora Carmen Ortega firmó en Sevilla el 12 de marzo de 2024.",
        "person: carmen ortega; place: seville; date: 2024-03-12",
    ),
    (
        "La Universidad de Salamanca abrió un instituto en México.",
        "organisation: universidad de salamanca; place: mexico",
    ),
    (
        "From: Peter Lindqvist <peter@example.org>",
        "person: peter lindqvist",
    ),
    ("Subject: Lunch on the roof", ""),
    ("When the pump stops, open the valve by hand and wait.", ""),
    ("This means that nobody may enter Hall Two.", ""),
    ("The High School is closed on Monday.", ""),
    (
        "The University of Leeds and the Massachusetts Institute of Technology share a laboratory.",
        "organisation: university of leeds | massachusetts institute of technology",
    ),
    (
        "J. R. R. Tolkien taught at Oxford.",
        "person: j r r tolkien; place: oxford",
    ),
    (
        "President Obama met Queen Elizabeth II in London.",
        "person: obama | queen elizabeth ii; place: london",
    ),
    (
        "They walked from Baker Street to Lake Constance.",
        "place: baker street | lake constance",
    ),
    ("Mark the box and bill the customer.", ""),
    (
        "Will Anna come? Anna Karlsson said she would.",
        "person: anna karlsson",
    ),
    (
        "The plan for Q3 2024 is due; see ticket HELP-4711.",
        "date: 2024-q3; id: help-4711",
    ),
    (
        "The meeting on 3/4/2024 was moved, nobody knows to when.",
        "",
    ),
    (
        "- **Impeller**: the part of a pump that turns and moves the water.",
        "term: impeller",
    ),
    ("An impeller that is worn is replaced.", ""),
    (
        "The World Health Organization (WHO) is in Geneva. WHO answered.",
        "organisation: world health organization | who; place: geneva",
    ),
    (
        "Sales in Germany and the U.S. grew, those in Deutschland most.",
        "place: germany | united states",
    ),
    ("We use UTF-8 and the MP3 of the talk about COVID-19.", ""),
    (
        "The letter of Ludwig van Beethoven was found in Wien.",
        "person: ludwig van beethoven; place: vienna",
    ),
    (
        "General Motors and IBM sent people; the General came too.",
        "organisation: general motors | ibm",
    ),
    (
        "Tom Baker and Maria Elena Garcia lead the group.",
        "person: tom baker | maria elena garcia",
    ),
    ("The Red Team beats the Blue Team in the final.", ""),
    ("RFC 9457 replaces RFC-7807.", "id: rfc-9457 | rfc-7807"),
    (
        "Nora Brandt, CEO of Helvetia Analytics AG, flew from Basel to New York City.",
        "person: nora brandt; organisation: helvetia analytics; place: basel | new york city",
    ),
    ("The New York Times wrote about it.", ""),
    (
        "Sandbagging means hiding what one can do.",
        "term: sandbagging",
    ),
    (
        "Part SKU12345 fits the housing of CVE-2024-3094.",
        "id: sku12345 | cve-2024-3094",
    ),
    (
        "Zwischen Herrn Lutz Vogel und der Deutschen Bank besteht ein Vertrag.",
        "person: lutz vogel; organisation: deutschen bank",
    ),
    (
        "Priya Raman reviewed the draft, then Priya sent it on.",
        "person: priya raman",
    ),
    (
        "Jonas Keller and Petra Keller argued; Keller left early.",
        "person: jonas keller | petra keller",
    ),
    ("Step 1. Turn the key. Step 2. Wait for the light.", ""),
    ("Terms and Conditions of Sale and Delivery", ""),
    ("会议于2024年3月12日举行。", "date: 2024-03-12"),
    (
        "The Ministry of Foreign Affairs and Trade opened an office in Nairobi.",
        "organisation: ministry of foreign affairs and trade; place: nairobi",
    ),
];
