use super::*;

fn shipped() -> Vec<(Preset, Table)> {
    Preset::ALL.map(|preset| (preset, preset.table().unwrap())).to_vec()
}

#[test]
fn every_shipped_table_says_who_the_vendor_is() {
    for (preset, table) in shipped() {
        let word = preset.as_str();
        assert_eq!(Preset::from_word(word), Some(preset));
        let url = table.base_url.as_deref().unwrap();
        assert!(
            crate::sender::Endpoint::parse(url, &crate::resolve::Inside::default()).is_ok(),
            "{word}: {url}"
        );
        assert!(!table.name.is_empty() && table.currency.is_some(), "{word}");
        let balance = table.balance_function.as_deref().unwrap();
        assert!(crate::balance::BalanceFunction::from_word(balance).is_some(), "{word}");
        for (family, names) in &table.functions {
            assert!(DialectKind::from_word(family).is_some(), "{word}: {family}");
            assert!(names.keys().all(|role| crate::Role::from_word(role).is_some()), "{word}");
        }
    }
}

#[test]
fn every_shipped_plan_can_be_said() {
    for (preset, table) in shipped() {
        let mut term_codes = BTreeSet::new();
        for plan in &table.plans {
            let place = format!("{} {}", preset.as_str(), plan.code);
            let kind = plan.dialect.unwrap();
            assert!(!plan.terms.is_empty() && plan.family.is_some(), "{place}");
            assert!(plan.code.bytes().all(|byte| byte.is_ascii_digit()), "{place}");
            for term in &plan.terms {
                assert_eq!(term.code.is_some(), kind.has_term_codes(), "{place}");
                if let Some(code) = &term.code {
                    assert!(term_codes.insert(code.clone()), "{place}: the term {code} is twice");
                }
            }
            // A module is for plans that are there, and nothing else is for any.
            assert_eq!(plan.fits.is_empty(), !kind.has_parent(), "{place}");
            for panel in &plan.fits {
                assert!(table.plans.iter().any(|other| other.code == *panel), "{place}: {panel}");
            }
            assert!(plan.addons.iter().all(|addon| addon.max > Some(addon.base)), "{place}");
            assert!(plan.addons.iter().all(|addon| addon.key.is_some()), "{place}");
        }
    }
}

/// The codes of the documents, written down once more.
#[test]
fn every_code_of_the_documents_is_there() {
    let eu: &[(&str, &[&str])] = &[
        (
            "soft",
            &[
                "3541",
                "4601+4602",
                "3045+3049",
                "3887+3889",
                "3651+3698",
                "5577",
                "5579",
                "3932",
                "3934",
                "3936",
                "3136",
                "2891",
                "55227",
                "55228",
                "55229",
                "55230+55236",
                "55239",
                "55240",
            ],
        ),
        ("platform", &["55163+55165+55164", "55161"]),
        ("softexternal", &["9203", "9204", "11738", "55369"]),
        ("addition", &["23221", "55361", "55362", "55363", "55371"]),
    ];
    let ru: &[(&str, &[&str])] = &[
        ("soft", &["55231", "55232", "55233", "55234", "55235"]),
        ("softexternal", &["55391"]),
        ("addition", &["55377", "55378", "55379", "55390"]),
    ];
    let isplicense: &[(&str, &[&str])] = &[
        (
            "softexternal",
            &[
                "229", "273+274", "546", "547", "548", "549+550", "276", "277", "166", "170+172",
                "195+197",
            ],
        ),
        ("parallelslic", &["250", "322", "264", "243", "236"]),
        ("addition", &["369", "354", "367", "356", "371", "383", "397"]),
    ];
    let legacy: &[(&str, &[&str])] = &[(
        "software",
        &[
            "7:-100=7:1=8:0=9",
            "11:-100=15:1=16:0=17",
            "15:-100=24:1=25:0=26",
            "884:-100=534:1=535:0=536",
            "432:-100=246:1=380:12=381",
            "434:-100=247:1=382:12=383",
            "435:-100=248:1=384:12=385",
            "16:-100=27:1=28:12=29:0=661",
            "17:-100=30:0=31",
            "18:-100=32:0=33",
            "5:-100=2",
            "9:-100=10",
            "112:-100=68",
            "2891:-100=1814",
            "3045:-100=1898",
            "3136:-100=1926",
            "3193:-100=1951",
        ],
    )];
    for (preset, families) in [
        (Preset::Eu, eu),
        (Preset::Ru, ru),
        (Preset::IspLicense, isplicense),
        (Preset::Legacy, legacy),
    ] {
        let table = preset.table().unwrap();
        let mut count = 0;
        for (family, plans) in families {
            for said in *plans {
                count += 1;
                let (said, terms) = said.split_once(':').unwrap_or((said, ""));
                let mut codes = said.split('+');
                let code = codes.next().unwrap();
                let plan = table.plan(DialectKind::from_word(family), code);
                let plan = plan.unwrap_or_else(|| panic!("{} lacks {code}", preset.as_str()));
                let addons: Vec<_> = plan.addons.iter().map(|addon| addon.code.as_str()).collect();
                assert_eq!(addons, codes.collect::<Vec<_>>(), "{code}");
                for term in terms.split(':').filter(|term| !term.is_empty()) {
                    let (period, wanted) = term.split_once('=').unwrap();
                    let term = plan.term(period.parse().unwrap()).unwrap();
                    assert_eq!(term.code.as_deref(), Some(wanted), "{code} {period}");
                }
                let all = terms.split(':').filter(|term| !term.is_empty()).count();
                assert!(all == 0 || all == plan.terms.len(), "{code}");
            }
        }
        assert_eq!(table.plans.len(), count, "{} has more than the documents", preset.as_str());
    }
}

#[test]
fn what_is_inferred_says_so() {
    let isplicense = Preset::IspLicense.table().unwrap();
    assert!(isplicense.plans.iter().all(|plan| plan.inferred));
    assert!(!isplicense.module_names_parent);
    let eu = Preset::Eu.table().unwrap();
    assert!(eu.plans.iter().all(|plan| !plan.inferred));
    let five = eu.plan(Some(DialectKind::Soft), "4601").unwrap();
    assert_eq!(five.sale_ends_on.unwrap().to_string(), "2021-06-14");
    assert_eq!(five.renewal_ends_on.unwrap().to_string(), "2021-12-31");
}

#[test]
fn a_table_survives_being_kept() {
    for (_, table) in shipped() {
        let kept = serde_json::to_value(&table).unwrap();
        assert_eq!(serde_json::from_value::<Table>(kept).unwrap(), table);
    }
}

#[test]
fn csv_is_read_by_the_names_of_its_columns() {
    let table = Table::from_text(
        "code,dialect,name,period,cost,term_code,addon,addon_name,base,max\n\
         7,software,Lite,1,5.50,8,,,,\n\
         7,software,Lite,0,99,9,,,,\n\
         7,software,,1,2.5,,70,Nodes,1,9\n",
    )
    .unwrap();
    let plan = &table.plans[0];
    assert_eq!((table.plans.len(), plan.name.as_str()), (1, "Lite"));
    assert_eq!(plan.terms[0].cost, Some(Amount(55_000)));
    assert_eq!(plan.terms[1].code.as_deref(), Some("9"));
    let addon = &plan.addons[0];
    assert_eq!((addon.code.as_str(), addon.base, addon.max), ("70", 1, Some(9)));
    assert_eq!(addon.costs, [TermCost { period: Period::MONTH, cost: Amount(25_000) }]);
}

#[test]
fn a_wrong_table_says_where() {
    for (text, error) in [
        ("code,period\n7,1\n7,1\n", "line 3: the term 1 is there twice"),
        (
            "code,period,addon,cost\n7,1,,1\n7,1,nodes,2\n7,1,nodes,3\n",
            "line 4: the term 1 of nodes is there twice",
        ),
        (
            "[[plan]]\ncode = \"7\"\nname = \"a\"\n\
             addon = [{ code = \"n\", name = \"N\" }, { code = \"n\", name = \"M\" }]\n",
            "the plan 7 has the add-on n twice",
        ),
        (
            "[[plan]]\ncode = \"7\"\nname = \"a\"\nterms = [1, 12, 1]\n",
            "the plan 7 has the term 1 twice",
        ),
        ("code,period,cost\n7,1,-5\n", "line 2: cost -5"),
        ("code,period\n,1\n", "line 2: no code"),
        ("code,period\n7,-50\n", "line 2: period -50"),
        ("code,period,dialect\n7,1,hard\n", "line 2: dialect hard"),
        ("code,price\n7,1\n", "line 1: column price"),
        ("code\n7\n", "line 1: no column period"),
        ("code,period\n", "there is no plan in it"),
        ("", "line 1: no column code"),
    ] {
        assert_eq!(Table::from_text(text).unwrap_err().to_string(), error, "{text}");
    }
    let twice = "[[plan]]\ncode = \"1\"\nname = \"a\"\n[[plan]]\ncode = \"1\"\nname = \"b\"\n";
    assert_eq!(Table::from_text(twice), Err(TableError::Twice("1".to_owned())));
    assert!(matches!(Table::from_text("[[plan]]\nkode = 1\n"), Err(TableError::Toml(_))));
}

#[test]
fn amounts_are_exact_or_none() {
    for (text, amount) in [
        ("15.0000", Some(150_000)),
        ("913.9286", Some(9_139_286)),
        (" 3.5 ", Some(35_000)),
        ("10.500000", Some(105_000)),
        ("0", Some(0)),
        ("0.00001", None),
        ("-1", None),
        ("1e3", None),
        ("", None),
        ("plenty", None),
    ] {
        assert_eq!(Amount::parse(text).map(|amount| amount.0), amount, "{text}");
    }
}

#[test]
fn a_price_list_learns_what_it_does_not_say() {
    let mut export = Table {
        plans: vec![TablePlan {
            terms: vec![TableTerm {
                period: Period::MONTH,
                code: None,
                cost: Some(Amount(55_000)),
            }],
            ..TablePlan::new("7", "Lite")
        }],
        ..Table::default()
    };
    let legacy = Preset::Legacy.table().unwrap();
    export.learn(&legacy);
    let plan = &export.plans[0];
    assert_eq!((plan.dialect, plan.name.as_str()), (Some(DialectKind::Software), "Lite"));
    assert_eq!(plan.terms[0].code.as_deref(), Some("8"));
    assert_eq!(plan.terms.len(), 1, "what the vendor does not price is not sold");
    let mut shaped = legacy;
    shaped.take_costs(&export);
    let lite = shaped.plan(None, "7").unwrap();
    assert_eq!(lite.term(Period::MONTH).unwrap().cost, Some(Amount(55_000)));
    assert_eq!(lite.term(Period::Lifetime).unwrap().cost, None);
}
