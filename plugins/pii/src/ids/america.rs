//! Numbers of the Americas, and the documents and accounts that have no country's shape.

use super::check::*;
use super::{Id, Need};

const DRIVER: &str = "driver driver-s drivers driving licence license führerschein* permis \
    conducir patente fahrerlaubnis rijbewijs dl-number driverlicense 운전면허* 면허*";
const PASSPORT: &str = "passport passports passeport pasaporte passaporto passaporte reisepass* \
    paspoort paszport* pass passnummer passport-no pass-nr 여권* 护照* パスポート*";
const ACCOUNT: &str = "account account-no account-number bank-account acct a-c konto kontonummer \
    konto-nr compte cuenta conto rekening* konta iban checking savings";

pub(super) const IDS: &[Id] = &[
    Id {
        label: "US_SSN",
        shapes: &["999-99-9999"],
        valid: us_ssn,
        need: Need::Alone,
        words: "ssn ssns ss social-security social-sec social tax-id taxpayer-id taxpayer",
    },
    Id {
        label: "US_SSN",
        shapes: &["999999999", "999 99 9999", "999.99.9999", "999-999999", "99999-9999"],
        valid: us_ssn,
        need: Need::Words,
        words: "ssn ssns ss social-security social-sec ss-no",
    },
    Id {
        label: "US_ITIN",
        shapes: &["999-99-9999"],
        valid: us_itin,
        need: Need::Alone,
        words: "itin tax-id taxpayer individual-taxpayer",
    },
    Id {
        label: "US_ITIN",
        shapes: &["999999999", "999 99 9999", "999-999999", "99999-9999"],
        valid: us_itin,
        need: Need::Whole,
        words: "itin tax-id taxpayer individual-taxpayer",
    },
    Id {
        label: "US_NPI",
        shapes: &["9999999999", "9999-999-999", "9999 999 999"],
        valid: us_npi,
        need: Need::Begins,
        words: "npi provider national-provider",
    },
    Id {
        label: "ABA_ROUTING",
        shapes: &["999999999", "9999-9999-9"],
        valid: us_routing,
        need: Need::Begins,
        words: "aba routing rtn bankrouting routing-number transit",
    },
    Id {
        label: "US_MBI",
        shapes: &["9AX9-AX9-AA99", "9AX9AX9AA99", "9AX9 AX9 AA99"],
        valid: us_mbi,
        need: Need::Alone,
        words: "mbi medicare beneficiary",
    },
    Id {
        label: "MEDICAL_LICENSE",
        shapes: &["AA9999999"],
        valid: us_dea,
        need: Need::Begins,
        words: "dea prescriber medical-license medical certificate",
    },
    Id {
        label: "CA_SIN",
        shapes: &["999-999-999", "999 999 999", "999999999"],
        valid: ca_sin,
        need: Need::Begins,
        words: "sin social-insurance nas assurance-sociale",
    },
    Id {
        label: "BR_CPF",
        shapes: &["999.999.999-99"],
        valid: br_cpf,
        need: Need::Alone,
        words: "cpf",
    },
    Id {
        label: "BR_CPF",
        shapes: &["99999999999", "999999999-99"],
        valid: br_cpf,
        need: Need::Begins,
        words: "cpf cadastro",
    },
    Id {
        label: "BR_CNPJ",
        shapes: &["99.999.999/9999-99"],
        valid: br_cnpj,
        need: Need::Alone,
        words: "cnpj",
    },
    Id {
        label: "BR_CNPJ",
        shapes: &["99999999999999"],
        valid: br_cnpj,
        need: Need::Begins,
        words: "cnpj",
    },
    Id {
        label: "AR_CUIT",
        shapes: &["99-99999999-9", "99999999999"],
        valid: ar_cuit,
        need: Need::Begins,
        words: "cuit cuil",
    },
    Id {
        label: "CL_RUT",
        shapes: &["99.999.999-X", "9.999.999-X"],
        valid: cl_rut,
        need: Need::Alone,
        words: "rut run",
    },
    Id {
        label: "CL_RUT",
        shapes: &["99999999-X", "9999999-X", "99999999X"],
        valid: cl_rut,
        need: Need::Begins,
        words: "rut run",
    },
    Id {
        label: "MX_CURP",
        shapes: &["AAAA999999AAAAAAX9"],
        valid: mx_curp,
        need: Need::Alone,
        words: "curp",
    },
    Id {
        label: "PASSPORT",
        shapes: &["AA9999999"],
        valid: any,
        need: Need::Whole,
        words: PASSPORT,
    },
    Id {
        label: "PASSPORT",
        shapes: &[
            "A99999999", "A9999999", "999999999", "99AA99999", "AAA999999", "AA999999", "AA99999",
            "A999999", "99999999", "A99A99999", "XXXXXXXXX",
        ],
        valid: passport,
        need: Need::Words,
        words: PASSPORT,
    },
    Id {
        label: "DRIVER_LICENSE",
        shapes: &["A99999999"],
        valid: any,
        need: Need::Whole,
        words: DRIVER,
    },
    Id {
        label: "DRIVER_LICENSE",
        shapes: &[
            "A9999999", "AA999999", "9999999", "99999999", "999999999", "A999-9999-9999",
            "A9999-99999-99999", "AA999999A", "A999999999999", "A99999999999999", "XXXXXXXXXXX",
            "AAA99A999", "999AA9999", "99-999-9999", "A999 9999 9999", "999 999 999", "XXXXXXXXXX",
        ],
        valid: passport,
        need: Need::Words,
        words: DRIVER,
    },
    Id {
        label: "BANK_ACCOUNT",
        shapes: &[
            "99999999", "999999999", "9999999999", "99999999999", "999999999999", "9999999999999",
            "99999999999999", "99999999999999999", "99-99-99 99999999", "9999-9999-99-9999999999",
        ],
        valid: any,
        need: Need::Words,
        words: ACCOUNT,
    },
    Id {
        label: "BANK_ACCOUNT",
        shapes: &["999999999999"],
        valid: any,
        need: Need::Whole,
        words: ACCOUNT,
    },
];
