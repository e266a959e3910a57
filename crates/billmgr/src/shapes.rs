//! The shapes of answers that protocol section 2 knows, in every format: each comes to one tree.

use proptest::prelude::*;

use crate::{Node, ReadError, SmolStr, VendorError, read, read_json, read_xml};

/// The tree as lines: name, attributes, text.
fn lines(node: &Node) -> String {
    fn write(node: &Node, depth: usize, out: &mut String) {
        *out += &"  ".repeat(depth);
        *out += &node.name;
        for (name, value) in &node.attributes {
            out.extend([" ", name, "=", &format!("{value:?}")]);
        }
        if !node.text.is_empty() {
            out.extend([": ", &node.text]);
        }
        out.push('\n');
        for child in &node.children {
            write(child, depth + 1, out);
        }
    }
    let mut out = String::new();
    write(node, 0, &mut out);
    out
}

/// What all of these documents come to.
fn same(documents: &[&str]) -> String {
    let trees: Vec<_> = documents
        .iter()
        .map(|document| lines(&read(document.as_bytes(), None).expect(document)))
        .collect();
    for (document, tree) in documents.iter().zip(&trees) {
        assert_eq!(tree, &trees[0], "{document}");
    }
    trees[0].clone()
}

fn doc(document: &str) -> Node {
    read(document.as_bytes(), None).expect(document)
}

fn error(document: &str) -> (String, String, String) {
    let VendorError { kind, object, message } = doc(document).error().expect(document);
    (kind, object, message)
}

#[test]
fn an_action_is_done() {
    insta::assert_snapshot!(same(&[
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<doc><ok/></doc>\n",
        r#"{"doc":{"ok":{}}}"#,
        r#"{"doc":{"ok":""}}"#,
        r#"{"ok":""}"#,
    ]), @"
    doc
      ok
    ");
    insta::assert_snapshot!(same(&[
        r#"<doc><ok type="form">func=soft.edit&amp;elid=17</ok></doc>"#,
        r#"{"doc":{"ok":{"$type":"form","$":"func=soft.edit&elid=17"}}}"#,
        r#"{"ok":{"$":"func=soft.edit&elid=17","$type":"form"}}"#,
    ]), @r#"
    doc
      ok type="form": func=soft.edit&elid=17
    "#);
    for done in ["<doc><ok>yes</ok></doc>", r#"{"ok":true}"#, r#"{"doc":{"ok":{"$":"yes"}}}"#] {
        assert!(doc(done).is_ok(), "{done}");
    }
    for not_done in [
        "<doc/>",
        r#"{"doc":{}}"#,
        "{}",
        r#"{"ok":false}"#,
        r#"{"ok":null}"#,
        r#"{"ok":[]}"#,
        r#"{"doc":{"ok":false}}"#,
        r#"{"doc":{"ok":{"$":"false"}}}"#,
        r#"{"model":{"ok":"on"}}"#,
        r#"{"doc":{"list":[{"$name":"soft","ok":{}}]}}"#,
        r#"{"doc":{"ok":{}},"tm":1}"#,
    ] {
        assert!(!doc(not_done).is_ok(), "{not_done}");
    }
}

#[test]
fn an_order_is_created() {
    insta::assert_snapshot!(same(&[
        "<doc><id>17</id><item.id>17</item.id><billorder.id>18</billorder.id><ok/></doc>",
        r#"{"doc":{"id":{"$":"17"},"item.id":{"$":"17"},"billorder.id":{"$":"18"},"ok":{}}}"#,
        r#"{"doc":{"id":"17","item.id":"17","billorder.id":"18","ok":""}}"#,
        r#"{"doc":{"id":17,"item.id":17,"billorder.id":18,"ok":""}}"#,
        r#"{"id":{"v":"17"},"item.id":{"v":17},"billorder.id":"18","ok":""}"#,
    ]), @"
    doc
      id: 17
      item.id: 17
      billorder.id: 18
      ok
    ");
    insta::assert_snapshot!(same(&[r#"{"id":{"v":"123"},"ok":true}"#]), @"
    doc
      id: 123
      ok: true
    ");
}

#[test]
fn a_form_is_viewed() {
    insta::assert_snapshot!(same(&[
        "<doc>
           <elid>17</elid>
           <licname>ООО &quot;Ромашка&quot; &amp; Ко</licname>
           <ip>0.0.0.0</ip>
           <lickey/>
           <status orig=\"2\">Активен</status>
           <cost>129.00 RUB / Месяц</cost>
           <addon_4602>3</addon_4602>
         </doc>",
        r#"{"doc":{"elid":{"$":"17"},"licname":{"$":"ООО \"Ромашка\" & Ко"},"ip":{"$":"0.0.0.0"},
            "lickey":{},"status":{"$orig":"2","$":"Активен"},
            "cost":{"$":"129.00 RUB / \u041c\u0435\u0441\u044f\u0446"},"addon_4602":{"$":"3"}}}"#,
        r#"{"model":{"elid":"17","licname":"ООО \"Ромашка\" & Ко","ip":"0.0.0.0","lickey":"",
            "status_orig":"2","status":"Активен","cost":"129.00 RUB / Месяц","addon_4602":3}}"#,
    ]), @r#"
    doc
      elid: 17
      licname: ООО "Ромашка" & Ко
      ip: 0.0.0.0
      lickey
      status orig="2": Активен
      cost: 129.00 RUB / Месяц
      addon_4602: 3
    "#);
    insta::assert_snapshot!(same(&[
        r#"{"model":{"id":"17"},"slist":{"datacenter":[{"k":"1","v":"one"},{"k":"2","v":"two"}]}}"#,
    ]), @"
    doc
      slist
        datacenter
          k: 1
          v: one
        datacenter
          k: 2
          v: two
      id: 17
    ");
}

#[test]
fn a_list_has_rows() {
    insta::assert_snapshot!(same(&[
        "<doc><p_elems>2</p_elems>\
         <elem><id>1</id><item_status orig=\"2\">Active</item_status><cost>1 234,56 руб.</cost></elem>\
         <elem><id>2</id><item_status orig=\"3\">Stopped</item_status><cost/></elem></doc>",
        r#"{"doc":{"p_elems":{"$":"2"},"elem":[
            {"id":{"$":"1"},"item_status":{"$orig":"2","$":"Active"},"cost":{"$":"1 234,56 руб."}},
            {"id":{"$":"2"},"item_status":{"$orig":"3","$":"Stopped"},"cost":{}}]}}"#,
        r#"{"doc":{"list":[{"$name":"soft","elem":[
            {"id":"1","item_status":{"$orig":"2","$":"Active"},"cost":"1 234,56 руб."},
            {"id":"2","item_status":{"$orig":"3","$":"Stopped"},"cost":""}]}],"p_elems":"2"}}"#,
        r#"{"p_elems":"2","elem":[
            {"id":"1","item_status_orig":"2","item_status":"Active","cost":"1 234,56 руб."},
            {"id":"2","item_status":"Stopped","item_status_orig":3,"cost":""}]}"#,
    ]), @r#"
    doc
      p_elems: 2
      elem
        id: 1
        item_status orig="2": Active
        cost: 1 234,56 руб.
      elem
        id: 2
        item_status orig="3": Stopped
        cost
    "#);
    // One row is an object, none is nothing.
    insta::assert_snapshot!(same(&[
        "<doc><elem><id>1</id></elem></doc>",
        r#"{"doc":{"elem":{"id":{"$":"1"}}}}"#,
        r#"{"doc":{"elem":[{"id":{"$":"1"}}]}}"#,
        r#"{"doc":{"list":{"$name":"soft","elem":{"id":"1"}}}}"#,
        r#"{"elem":[{"id":"1"}]}"#,
    ]), @"
    doc
      elem
        id: 1
    ");
    insta::assert_snapshot!(same(&[
        "<doc><p_elems>0</p_elems></doc>",
        r#"{"doc":{"p_elems":{"$":"0"},"elem":[]}}"#,
        r#"{"doc":{"p_elems":{"$":"0"},"list":[{"$name":"soft"}]}}"#,
        r#"{"p_elems":"0","elem":[]}"#,
        r#"{"p_elems":0,"elem":null}"#,
    ]), @"
    doc
      p_elems: 0
    ");
}

#[test]
fn rows_of_two_lists_are_not_mixed() {
    insta::assert_snapshot!(same(&[
        r#"{"doc":{"list":[{"$name":"a","elem":[{"id":"1"}]},{"$name":"b","elem":[{"id":"2"}]}]}}"#,
    ]), @r#"
    doc
      list name="a"
        elem
          id: 1
      list name="b"
        elem
          id: 2
    "#);
}

#[test]
fn a_field_may_be_called_as_an_envelope_is() {
    insta::assert_snapshot!(same(&[
        "<doc><list>all</list><model>x</model></doc>",
        r#"{"doc":{"list":"all","model":{"$":"x"}}}"#,
        r#"{"list":"all","model":"x"}"#,
    ]), @"
    doc
      list: all
      model: x
    ");
    insta::assert_snapshot!(same(&[
        "<doc><list/></doc>",
        r#"{"doc":{"list":{}}}"#,
    ]), @"
    doc
      list
    ");
}

#[test]
fn a_renewal_tells_the_new_end_in_two_places() {
    for answer in [
        "<doc><ok/><doc><newexpiredate>2027-01-21</newexpiredate></doc></doc>",
        "<doc><newexpiredate>2027-01-21</newexpiredate><ok/></doc>",
        r#"{"doc":{"ok":{},"doc":{"newexpiredate":{"$":"2027-01-21"}}}}"#,
        r#"{"ok":true,"doc":{"newexpiredate":"2027-01-21"}}"#,
        r#"{"ok":true,"model":{"newexpiredate":"2027-01-21"}}"#,
    ] {
        let answer = doc(answer);
        let end = answer.find("newexpiredate").map(|end| end.text.as_str());
        assert_eq!((answer.is_ok(), end), (true, Some("2027-01-21")));
    }
}

#[test]
fn an_error_of_generation_five() {
    insta::assert_snapshot!(same(&[
        r#"<doc><error type="auth" object="badpassword" lang="en"><param name="value">x</param><detail>No, no</detail><msg>No</msg></error></doc>"#,
        r#"{"doc":{"error":{"$type":"auth","$object":"badpassword","$lang":"en","param":[{"$name":"value","$":"x"}],"detail":{"$":"No, no"},"msg":{"$":"No"}}}}"#,
        r#"{"error":{"$type":"auth","$object":"badpassword","$lang":"en","param":{"$name":"value","$":"x"},"detail":"No, no","msg":"No"}}"#,
    ]), @r#"
    doc
      error type="auth" object="badpassword" lang="en"
        param name="value": x
        detail: No, no
        msg: No
    "#);
    let kind = |kind: &str, object: &str, message: &str| {
        (kind.to_owned(), object.to_owned(), message.to_owned())
    };
    for (document, expected) in [
        (
            r#"<doc><error type="xml" object="xpath" report="yes" lang="ru"><param name="object" type="msg" msg="Error in XPath '__value__'">xpath</param><param name="value">bad XPath</param></error></doc>"#,
            kind("xml", "xpath", ""),
        ),
        (
            r#"<doc><error type="missed" object="elid"><detail>not found</detail><stack/></error></doc>"#,
            kind("missed", "elid", "not found"),
        ),
        (r#"{"doc":{"error":{"$type":"auth"}}}"#, kind("auth", "", "")),
        (r#"{"doc":{"error":{"$type":"auth","msg":"No"}}}"#, kind("auth", "", "No")),
        (r#"{"doc":{"error":{"msg":{"$":"No"}}}}"#, kind("", "", "No")),
        (r#"{"doc":{"error":"No"}}"#, kind("", "", "No")),
        (r#"{"error":{"msg":"No"}}"#, kind("", "", "No")),
        (r#"{"error":{"msg":{"$":"No"}}}"#, kind("", "", "No")),
        (r#"{"error":{"$t":"No"}}"#, kind("", "", "No")),
        (r#"{"error":{"$t":"no","$":"No","$type":"value"}}"#, kind("value", "", "No")),
        // Beside a document, too: it must not be overlooked.
        (r#"{"doc":{"ok":{}},"error":{"msg":"No"}}"#, kind("", "", "No")),
        (r#"{"error":{"msg":"No"},"ok":true}"#, kind("", "", "No")),
    ] {
        assert_eq!(error(document), expected, "{document}");
    }
}

#[test]
fn an_error_of_generation_four() {
    insta::assert_snapshot!(same(&[
        r#"<doc><error code="4" obj="ip" val="ip">bad ip</error></doc>"#,
        r#"{"doc":{"error":{"$code":"4","$obj":"ip","$val":"ip","$":"bad ip"}}}"#,
        r#"{"error":{"$code":4,"$obj":"ip","$val":"ip","$":"bad ip"}}"#,
    ]), @r#"
    doc
      error code="4" obj="ip" val="ip": bad ip
    "#);
    let legacy = r#"<doc><error code="2" obj="user" val="">exists</error></doc>"#;
    assert_eq!(error(legacy), ("2".into(), "user".into(), "exists".into()));
    for refused in ["<doc><authfail/></doc>", r#"{"doc":{"authfail":{}}}"#, r#"{"authfail":""}"#] {
        assert_eq!(error(refused).0, "auth");
    }
}

#[test]
fn numbers_keep_their_digits() {
    let doc = doc(r#"{"a":15.0000,"b":123456789012345678901234567890,"c":-0.10,"d":1e400}"#);
    let values = ["a", "b", "c", "d"].map(|name| doc.value(name).unwrap_or_default());
    assert_eq!(values, ["15.0000", "123456789012345678901234567890", "-0.10", "1e400"]);
}

#[test]
fn unknown_shapes_are_no_obstacle() {
    insta::assert_snapshot!(same(&[
        r#"{"doc":{"$":{"x":1},"$a":[2],"$n":null,"chart":[[1,2],[3]],"many":[null,"x",{}],"id":"1"}}"#,
    ]), @r"
    doc
      $
        x: 1
      $a: 2
      chart
        chart: 1
        chart: 2
      chart
        chart: 3
      many: x
      many
      id: 1
    ");
}

#[test]
fn json_that_is_not_a_whole_document_is_refused() {
    let whole = r#"{"doc":{"id":{"$":"17"},"elem":[{"a":1.5},true],"ok":{}}}"#;
    for end in 1..whole.len() {
        let cut = &whole[..end];
        assert!(read_json(cut.as_bytes()).is_err(), "{cut} was taken for a document");
    }
    for (broken, why) in [
        ("", ReadError::Empty),
        ("[]", ReadError::NotADocument),
        ("17", ReadError::NotADocument),
        ("{}{}", ReadError::Malformed),
        ("{},", ReadError::Malformed),
        ("{'ok':1}", ReadError::Malformed),
        (r#"{"ok":True}"#, ReadError::Malformed),
        (r#"{"ok":01}"#, ReadError::Malformed),
        (r#"{"ok":NaN}"#, ReadError::Malformed),
        (r#"{"":"x"}"#, ReadError::Malformed),
        (r#"{"a":"\u0000"}"#, ReadError::Malformed),
        (r#"{"a\u0000":"x"}"#, ReadError::Malformed),
        (r#"{"a":"\ud800"}"#, ReadError::Malformed),
        ("{\"a\":\"\n\"}", ReadError::Malformed),
        (r#"{"doc":{},"doc":{"ok":{}}}"#, ReadError::Duplicate),
        (r#"{"doc":{"id":"1","id":"2"}}"#, ReadError::Duplicate),
        (r#"{"doc":{"id":"1","\u0069d":"2"}}"#, ReadError::Duplicate),
        (r#"{"doc":{"a":{"$":"1","$":"2"}}}"#, ReadError::Duplicate),
        (r#"{"id":null,"id":"2"}"#, ReadError::Duplicate),
    ] {
        assert_eq!(read_json(broken.as_bytes()), Err(why), "{broken}");
    }
    for (open, close) in [("{\"a\":", "}"), ("{\"a\":[", "]}")] {
        let deep = format!("{{\"a\":{}1{}}}", open.repeat(100), close.repeat(100));
        assert_eq!(read_json(deep.as_bytes()), Err(ReadError::TooDeep));
    }
    // Not so deep, but too much of it.
    let deep =
        format!("{{\"a\":{}{}{}}}", "[".repeat(20), "1,".repeat(30_000) + "1", "]".repeat(20));
    assert_eq!(read_json(deep.as_bytes()), Err(ReadError::TooDeep));
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(read_json(deep.as_bytes()), Err(ReadError::TooDeep));
}

/// A tree that both formats can say: elements of one name stand together.
fn any_node(depth: u32) -> BoxedStrategy<Node> {
    let text = "[а-яa-z0-9&<>\"' \u{a0}\\\\/{}\\[\\]$€.,-]{0,12}";
    let leaf = (
        text.prop_map(|text| SmolStr::new(text.trim())),
        proptest::collection::btree_map("[a-z]{1,3}", text, 0..3),
    )
        .prop_map(|(text, attributes)| Node {
            text,
            attributes: attributes.into_iter().map(|(k, v)| (k.into(), v.into())).collect(),
            ..Node::default()
        });
    if depth == 0 {
        return leaf.boxed();
    }
    let several = proptest::collection::vec(any_node(depth - 1), 1..4);
    let names = "(elem|id|item\\.id|addon_[0-9]|doc|ok|[a-z]{1,2})";
    (leaf, proptest::collection::btree_map(names, several, 0..4))
        .prop_map(|(leaf, groups)| {
            let named = |(name, nodes): (String, Vec<Node>)| {
                let name = SmolStr::from(name);
                nodes.into_iter().map(move |node| Node { name: name.clone(), ..node })
            };
            Node { children: groups.into_iter().flat_map(named).collect(), ..leaf }
        })
        .boxed()
}

fn to_xml(node: &Node) -> String {
    let escape = |text: &str| quick_xml::escape::escape(text).into_owned();
    let mut out = format!("<{}", node.name);
    for (name, value) in &node.attributes {
        out.extend([" ", name, "=\"", &escape(value), "\""]);
    }
    out.extend([">", &escape(&node.text)]);
    for child in &node.children {
        out += &to_xml(child);
    }
    out + &format!("</{}>", node.name)
}

fn to_json(node: &Node) -> String {
    let string = |text: &str| serde_json::Value::from(text).to_string();
    let mut fields = Vec::new();
    for (name, value) in &node.attributes {
        fields.push(format!("{}:{}", string(&format!("${name}")), string(value)));
    }
    if !node.text.is_empty() {
        fields.push(format!("\"$\":{}", string(&node.text)));
    }
    for same in node.children.chunk_by(|one, other| one.name == other.name) {
        let values: Vec<_> = same.iter().map(to_json).collect();
        let value = match values.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(",")),
        };
        fields.push(format!("{}:{value}", string(&same[0].name)));
    }
    format!("{{{}}}", fields.join(","))
}

proptest! {
    #[test]
    fn a_tree_is_read_back_from_both_formats(tree in any_node(3)) {
        let tree = Node { name: SmolStr::new("doc"), ..tree };
        prop_assert_eq!(&read_xml(to_xml(&tree).as_bytes()).unwrap(), &tree);
        let json = format!("{{\"doc\":{}}}", to_json(&tree));
        prop_assert_eq!(&read_json(json.as_bytes()).unwrap(), &tree);
    }

    #[test]
    fn a_cut_tree_is_refused(tree in any_node(2), at in any::<prop::sample::Index>()) {
        let tree = Node { name: SmolStr::new("doc"), ..tree };
        for whole in [to_xml(&tree), format!("{{\"doc\":{}}}", to_json(&tree))] {
            let cut = &whole.as_bytes()[..at.index(whole.len())];
            prop_assert!(read(cut, None).is_err(), "{}", String::from_utf8_lossy(cut));
        }
    }

    #[test]
    fn no_json_panics(text in "(\\{|\\}|\\[|\\]|\"|,|:|\\$|doc|ok|v|_orig|1|-|null|true|\\\\u0041| ){0,60}") {
        let _ = read(text.as_bytes(), None);
    }
}
