//! Lists: pages that neither repeat nor hide rows, filters, addresses that make no sense, files.

use std::collections::BTreeSet;

use axum::http::{StatusCode, header};
use domain::operation::OperationState;
use portal::catalog::PlanFilter;
use portal::customers::{self, CustomerFilter};
use portal::listing::{Days, Needle, Paging, SortKey};
use portal::orders::{self, OrderFilter};
use sqlx::PgPool;

use crate::harness::{Browser, TestPortal};

/// Customers of one name, signed up at one instant.
async fn crowd(portal: &TestPortal, count: i64) {
    sqlx::query(
        "insert into customer (id, name, created_at)
         select gen_random_uuid(), 'Crowd', $2 from generate_series(1, $1)",
    )
    .bind(count)
    .bind(portal.portal.clock.now())
    .execute(&portal.portal.pool)
    .await
    .unwrap();
}

fn both_ways(sorts: &[SortKey]) -> Vec<(SortKey, bool)> {
    sorts.iter().flat_map(|sort| [(*sort, true), (*sort, false)]).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn pages_neither_repeat_nor_hide_rows(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let staff = portal.owner().await;
    crowd(&portal, 20).await;
    let filter = CustomerFilter::default();
    for (sort, descending) in both_ways(&customers::SORTS) {
        let before: BTreeSet<i64> = sqlx::query_scalar("select number from customer")
            .fetch_all(&portal.portal.pool)
            .await
            .unwrap()
            .into_iter()
            .collect();
        let mut paging = Paging { sort, descending, after: None, limit: 6 };
        let mut seen = Vec::new();
        loop {
            let listed = portal.portal.customers(&staff, &filter, &paging).await.unwrap();
            seen.extend(listed.rows.iter().map(|row| row.number));
            // Somebody signs up between two pages; listed or not, the list comes to its end.
            if seen.len() < 15 {
                crowd(&portal, 1).await;
            }
            paging.after = listed.next;
            if paging.after.is_none() {
                break;
            }
        }
        let distinct: BTreeSet<i64> = seen.iter().copied().collect();
        assert_eq!(distinct.len(), seen.len(), "{sort:?} {descending}: nothing twice");
        assert!(before.is_subset(&distinct), "{sort:?} {descending}: nothing left out");
        let ordered = if descending { seen.is_sorted_by(|a, b| a > b) } else { seen.is_sorted() };
        assert!(ordered || sort == customers::BY_NAME, "{sort:?} {descending}: in order");
    }
}

async fn bought(portal: &TestPortal, browser: &mut Browser) {
    for ip in ["203.0.113.1", "203.0.113.2", "203.0.113.3"] {
        let answer = browser.post(portal, "/buy", &portal.lite_form(ip).await).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
    }
    portal.settle().await;
    let answer = browser.post(portal, "/buy", &portal.lite_form("203.0.113.4").await).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}

#[sqlx::test(migrations = "../migrations")]
async fn orders_are_found_by_everything_that_is_known_of_them(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut own = portal.signed_in().await;
    bought(&portal, &mut own).await;
    let staff = portal.owner().await;
    let number: i64 = sqlx::query_scalar("select number from customer limit 1")
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap();
    let day = |text| Days { from: Days::parse(text), to: Days::parse(text) };
    let any = OrderFilter::default;
    let text = |text: &str| OrderFilter { needle: Needle::parse(text), ..any() };
    for (filter, count) in [
        (any(), 4),
        (OrderFilter { state: Some(OperationState::Confirmed), ..any() }, 3),
        (OrderFilter { state: Some(OperationState::Planned), ..any() }, 1),
        (OrderFilter { state: Some(OperationState::Review), ..any() }, 0),
        (OrderFilter { customer: Some(number), ..any() }, 4),
        (OrderFilter { customer: Some(number + 1), ..any() }, 0),
        (
            OrderFilter {
                customer: Some(number),
                state: Some(OperationState::Confirmed),
                days: day("2026-11-21"),
                ..any()
            },
            3,
        ),
        (OrderFilter { days: day("2026-11-22"), ..any() }, 0),
        (text("203.0.113.2"), 1),
        (text("10002"), 1),
        (text("DEMO host"), 4),
        (text("customer@"), 4),
        (text("osting"), 0),
        (text("demo%"), 0),
    ] {
        for (sort, descending) in both_ways(&orders::SORTS) {
            let mut paging = Paging { sort, descending, after: None, limit: 1 };
            let mut seen = BTreeSet::new();
            loop {
                let listed = portal.portal.desk_orders(&staff, &filter, &paging).await.unwrap();
                seen.extend(listed.rows.iter().map(|row| row.row.number));
                paging.after = listed.next;
                if paging.after.is_none() {
                    break;
                }
            }
            assert_eq!(seen.len(), count, "{filter:?} by {} {descending}", sort.word);
        }
    }
    let mut desk = portal.sign_in(portal::demo::ADMIN).await;
    let found = desk.get(&portal, "/admin/orders?q=%23+10002").await;
    assert!(found.location.unwrap().starts_with("/admin/orders/"), "a number leads to its order");
    let found = desk.get(&portal, "/admin/licenses?q=203.0.113.3&status=active&sort=end").await;
    assert!(found.body.contains("203.0.113.3"));
    assert!(!found.body.contains("203.0.113.1<"));
    let own_list = own.get(&portal, "/my/licenses?q=203.0.113.2&sort=-end").await;
    assert!(own_list.body.contains("203.0.113.2"));
    assert!(!own_list.body.contains("203.0.113.1<"));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_address_that_makes_no_sense_is_told_apart_from_an_empty_list(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut own = portal.signed_in().await;
    let mut desk = portal.sign_in(portal::demo::ADMIN).await;
    bought(&portal, &mut own).await;
    let long = format!("q={}", "x".repeat(201));
    for (path, queries) in [
        ("/my/orders", vec!["state=x", "from=x", "to=2026-02-30", "sort=evil", "after=1", &long]),
        ("/my/licenses", vec!["status=x", "q=%00", "from=2026-11-22&to=2026-11-21"]),
        ("/my/wallet", vec!["kind=x", "after=x~y", "sort=-"]),
        ("/my/changes", vec!["kind=order", "license=x", "state=y", "sort=license"]),
        ("/admin/orders", vec!["customer=x", "after=1~9223372036854775807", "sort=number;drop"]),
        ("/admin/customers", vec!["blocked=maybe", "q=%0A%00x"]),
        ("/admin/licenses", vec!["customer=1.5", "from=9999-12-31"]),
        ("/admin/mail", vec!["state=x", "from=-0044-03-15"]),
        ("/admin/audit", vec!["actor=x", "object=x", "after=~"]),
        ("/admin/operations", vec!["kind=x", "state=x", "license=x", "sort=cost", "to=1"]),
        ("/admin/inbox", vec!["kind=x", "sort=price", "after=1"]),
        ("/admin/pricelists", vec!["sort=code", "after=x~public", "q=%01"]),
        ("/admin/staff", vec!["role=king", "disabled=x", "after=~"]),
        ("/admin/upstreams", vec!["status=x", "dialect=cobol", "sort=plans;", "after=1"]),
        ("/admin/vendors", vec!["kind=x", "sort=vendor", "after=~"]),
        ("/admin/families", vec!["sort=code", "after=x~1", "q=%01"]),
        ("/admin/costs", vec!["source=x", "sort=plan", "after=1~x"]),
    ] {
        let browser = if path.starts_with("/my") { &mut own } else { &mut desk };
        for query in queries {
            let page = browser.get(&portal, &format!("{path}?{query}")).await;
            assert_eq!(page.status, StatusCode::BAD_REQUEST, "{path}?{query}");
            assert!(page.body.contains("asks for something unknown"), "{path}?{query}");
            let file = browser.get(&portal, &format!("{path}.csv?{query}")).await;
            assert_eq!(file.status, StatusCode::BAD_REQUEST, "{path}.csv?{query}");
        }
    }
    let none = own.get(&portal, "/my/orders?q=198.51.100.1").await;
    assert_eq!(none.status, StatusCode::OK);
    assert!(none.body.contains("Nothing matches"));
    assert!(none.body.contains("href=\"/my/orders\""), "and a way back");
    let empty = desk.get(&portal, "/admin/customers?q=nobody").await;
    assert!(empty.body.contains("Nothing matches"));
    let mut newcomer = Browser::default();
    let form = [("email", "new@example.org"), ("password", "a-quiet-harbour-7")];
    newcomer.post(&portal, "/join", &form).await;
    let fresh = newcomer.get(&portal, "/my/orders").await;
    assert!(fresh.body.contains("No orders yet"));
    assert!(!fresh.body.contains("class=\"filters\""), "nothing to filter");
}

#[sqlx::test(migrations = "../migrations")]
async fn links_through_a_list_keep_what_was_asked(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut desk = portal.sign_in(portal::demo::ADMIN).await;
    crowd(&portal, 60).await;
    let first = desk.get(&portal, "/admin/customers?q=crowd&blocked=no&sort=-name").await;
    let next = first.body.split("rel=\"next\" href=\"").nth(1).unwrap();
    let next = next.split('"').next().unwrap().replace("&amp;", "&");
    for part in ["q=crowd", "blocked=no", "sort=-name", "after="] {
        assert!(next.contains(part), "{next}");
    }
    let second = desk.get(&portal, &next).await;
    assert_eq!(second.status, StatusCode::OK);
    assert_eq!(second.body.matches("<th scope=\"row\">").count(), 10, "the rest of sixty");
    let file = "/admin/customers.csv?q=crowd&amp;blocked=no&amp;sort=-name\"";
    assert!(second.body.contains(file), "the file is all of it");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_has_every_row_of_the_filter(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut desk = portal.sign_in(portal::demo::ADMIN).await;
    // More than is read at once.
    crowd(&portal, 2203).await;
    let file = desk.get(&portal, "/admin/customers.csv?sort=name").await;
    assert_eq!(file.status, StatusCode::OK);
    assert_eq!(file.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    let disposition = &file.headers[header::CONTENT_DISPOSITION];
    assert_eq!(disposition, "attachment; filename=\"customers.csv\"");
    let lines: Vec<&str> = file.body.split_terminator("\r\n").collect();
    assert!(lines[0].starts_with("customer,customer_id,name,email,group,"), "{}", lines[0]);
    let numbers: BTreeSet<&str> =
        lines[1..].iter().map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!((lines.len(), numbers.len()), (2205, 2204), "each once");
    let filtered = desk.get(&portal, "/admin/customers.csv?q=demo").await;
    assert_eq!(filtered.body.split_terminator("\r\n").count(), 2);
    assert!(filtered.body.contains(",500.00,0.00,0.00,EUR\r\n"), "{}", filtered.body);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_carries_no_formulas_and_no_secrets(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut own = portal.signed_in().await;
    let mut desk = portal.sign_in(portal::demo::ADMIN).await;
    bought(&portal, &mut own).await;
    sqlx::query("update customer set name = '=HYPERLINK(\"x\", \"y\")'")
        .execute(&portal.portal.pool)
        .await
        .unwrap();
    let file = desk.get(&portal, "/admin/orders.csv?state=confirmed").await.body;
    assert!(file.contains(",\"'=HYPERLINK(\"\"x\"\", \"\"y\"\")\","), "{file}");
    assert_eq!(file.split_terminator("\r\n").count(), 4);
    assert!(file.contains(",2026-11-21T10:00:00Z,"), "{file}");
    assert!(file.contains(",4.90,EUR,"), "{file}");

    let statement = own.get(&portal, "/my/wallet.csv").await.body;
    assert!(statement.contains(",4.90,-4.90,"), "a number, not a text: {statement}");
    let customer: uuid::Uuid = sqlx::query_scalar("select customer_id from customer_order limit 1")
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap();
    let seen = desk.get(&portal, &format!("/admin/wallet.csv?customer={customer}")).await.body;
    assert_eq!(seen, statement, "staff have the customer's own statement");
    let page = desk.get(&portal, &format!("/admin/customers/{customer}/wallet?kind=held")).await;
    assert!(page.body.contains("/admin/orders/") && !page.body.contains("/my/"), "{}", page.body);
    let held = own.get(&portal, "/my/wallet.csv?kind=held&from=2026-11-21").await.body;
    assert_eq!(held.split_terminator("\r\n").count(), 5, "{held}");
    assert_eq!(own.get(&portal, "/my/wallet.csv?to=2026-11-20").await.body.lines().count(), 1);

    let key: String = sqlx::query_scalar("select key from license limit 1")
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap();
    let token = "a-token-that-proves-an-address";
    sqlx::query(
        "insert into email_outbox
            (id, template, object_id, event, recipient, locale, args, created_at, next_try_at)
         values (gen_random_uuid(), 'welcome', gen_random_uuid(), 'join', '+7@example.org', 'en',
                 jsonb_build_object('token', $1::text), $2, $2)",
    )
    .bind(token)
    .bind(portal.portal.clock.now())
    .execute(&portal.portal.pool)
    .await
    .unwrap();
    for export in app::exports::Export::ALL {
        let browser = if export.path().starts_with("/my") { &mut own } else { &mut desk };
        let path = match export {
            app::exports::Export::DeskWallet => format!("{}?customer={customer}", export.path()),
            _ => export.path().to_owned(),
        };
        let file = browser.get(&portal, &path).await;
        assert_eq!(file.status, StatusCode::OK, "{export:?}");
        assert!(!file.body.contains(&key), "{export:?}: the license's key");
        assert!(!file.body.contains(token), "{export:?}: the link of a mail");
        let head = file.body.split("\r\n").next().unwrap();
        assert_eq!(head, export.head().join(","), "{export:?}");
        let columns = export.head().len();
        // No value of these has a comma, but for the name above and JSON.
        if !file.body.contains('"') {
            for line in file.body.split_terminator("\r\n") {
                assert_eq!(line.split(',').count(), columns, "{export:?}: {line}");
            }
        }
    }
    let mail = desk.get(&portal, "/admin/mail.csv?q=%2B7&state=waiting").await.body;
    assert!(mail.contains(",'+7@example.org,welcome,en,waiting,"), "{mail}");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_short_lists_of_the_desk_are_lists_too(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let owner = portal.owner().await;
    let mut desk = portal.sign_in(portal::demo::ADMIN).await;
    for code in ["gold", "silver", "bronze"] {
        let new = portal::pricing::NewGroup {
            code: code.to_owned(),
            name: format!("{}{}", code[..1].to_uppercase(), &code[1..]),
            like: "public".to_owned(),
        };
        portal.portal.create_group(&owner, &new).await.unwrap();
    }
    sqlx::query("update customer set group_code = 'silver'")
        .execute(&portal.portal.pool)
        .await
        .unwrap();
    for (sort, descending) in both_ways(&portal::pricing::GROUP_SORTS) {
        let mut paging = Paging { sort, descending, after: None, limit: 2 };
        let mut seen = Vec::new();
        loop {
            let listed = portal.portal.pricelists(&owner, None, &paging).await.unwrap();
            seen.extend(listed.rows.into_iter().map(|row| row.group.code));
            paging.after = listed.next;
            if paging.after.is_none() {
                break;
            }
        }
        let all: BTreeSet<_> = seen.iter().collect();
        assert_eq!(all.len(), seen.len(), "{sort:?} {descending}: {seen:?}");
        let first = match (sort.word, descending) {
            ("name", false) => "public",
            ("customers", true) => "silver",
            _ => continue,
        };
        assert_eq!(seen[0], first, "{sort:?} {descending}");
    }
    let by_name = Paging::first(portal::pricing::GROUPS_BY_NAME, 10);
    for (text, count) in [("GO", 1), ("bron", 1), ("old", 0)] {
        let listed = portal.portal.pricelists(&owner, Some(text), &by_name).await.unwrap();
        assert_eq!(listed.rows.len(), count, "{text}");
    }
    let file = desk.get(&portal, "/admin/pricelists.csv?sort=-customers").await.body;
    assert!(file.lines().nth(1).unwrap().starts_with("silver,Silver,1,"), "{file}");

    // Versions: of one author, of one day.
    let author: uuid::Uuid = sqlx::query_scalar("select id from app_user where email = $1")
        .bind(portal::demo::ADMIN)
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap();
    for (query, lines) in [
        (String::new(), 2),
        (format!("&author={author}"), 2),
        ("&author=portal".to_owned(), 1),
        ("&from=2026-11-21&to=2026-11-21".to_owned(), 2),
        ("&to=2026-11-20".to_owned(), 1),
    ] {
        let file = desk.get(&portal, &format!("/admin/versions.csv?group=gold{query}")).await.body;
        assert_eq!(file.lines().count(), lines, "{query}: {file}");
    }
    let path = "/admin/pricelists/gold/versions";
    let page = desk.get(&portal, &format!("{path}?author={author}")).await.body;
    let link = format!("href=\"/admin/versions.csv?group=gold&amp;author={author}\"");
    assert!(page.contains(&link), "{page}");
    let bad = desk.get(&portal, &format!("{path}?author=x&sort=note")).await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);

    // Staff: by the beginning of an address, by role, by access.
    for role in ["support", "pricing", "readonly"] {
        let role = portal::people::StaffRole::from_word(role).unwrap();
        let email = format!("{}@example.org", role.as_str());
        portal.portal.create_staff(&email, portal::demo::PASSWORD, role).await.unwrap();
    }
    sqlx::query("update app_user set disabled_at = $1 where staff_role = 'readonly'")
        .bind(portal.portal.clock.now())
        .execute(&portal.portal.pool)
        .await
        .unwrap();
    for (query, lines) in [
        ("", 5),
        ("?q=SUPP", 2),
        ("?role=pricing", 2),
        ("?disabled=yes", 2),
        ("?disabled=no&sort=-joined", 4),
        ("?role=owner&disabled=yes", 1),
    ] {
        let file = desk.get(&portal, &format!("/admin/staff.csv{query}")).await.body;
        assert_eq!(file.lines().count(), lines, "{query}: {file}");
    }
    // Filtered or not, the last owner is known to be the last one.
    let page = desk.get(&portal, "/admin/staff?role=owner").await.body;
    assert!(page.contains("Only owner: role and access stay"), "{page}");
}

#[sqlx::test(migrations = "../migrations")]
async fn products_are_found_by_name_code_family_and_standing(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let owner = portal.owner().await;
    let mut desk = portal.sign_in(portal::demo::ADMIN).await;
    sqlx::query("update plan set available = false where slug = 'isp6-lite'")
        .execute(&portal.portal.pool)
        .await
        .unwrap();
    let count = usize::try_from(portal.count("select count(*) from plan").await).unwrap();
    for (sort, descending) in both_ways(&portal::catalog::PLAN_SORTS) {
        let mut paging = Paging { sort, descending, after: None, limit: 2 };
        let mut seen = BTreeSet::new();
        loop {
            let listed =
                portal.portal.desk_plans(&owner, &PlanFilter::default(), &paging).await.unwrap();
            seen.extend(listed.rows.into_iter().map(|row| row.slug));
            paging.after = listed.next;
            if paging.after.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), count, "{sort:?} {descending}");
    }
    for (query, lines) in [
        ("", count + 1),
        ("?q=ISP6-lite", 2),
        ("?q=sp6-lite", 1),
        ("?status=off&sort=-name", 2),
        ("?status=off&family=ispmanager", 2),
        ("?status=on&q=isp6-lite", 1),
        ("?family=nonsense", 1),
    ] {
        let file = desk.get(&portal, &format!("/admin/products.csv{query}")).await.body;
        assert_eq!(file.lines().count(), lines, "{query}: {file}");
    }
    let bad = desk.get(&portal, "/admin/products?status=x&sort=cost").await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
}

/// The lines of a file without its head, in pages of one row each: what links lead through.
async fn walked(portal: &TestPortal, desk: &mut Browser, path: &str) -> usize {
    let mut seen = 0;
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let page = desk.get(portal, &path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        seen += page.body.matches("<th scope=\"row\"").count();
        next = page
            .body
            .split("rel=\"next\" href=\"")
            .nth(1)
            .map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&"));
    }
    seen
}

#[sqlx::test(migrations = "../migrations")]
async fn short_lists_are_filtered_and_sorted_too(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut desk = portal.sign_in(portal::demo::ADMIN).await;
    let count = async |table: &str| {
        let query = format!("select count(*) from {table}");
        let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
            .fetch_one(&portal.portal.pool)
            .await
            .unwrap();
        usize::try_from(count).unwrap()
    };
    let (families, accounts) = (count("product_family").await, count("upstream_account").await);
    let costs = count("plan_period").await + count("addon_cost").await;
    for (path, lines) in [
        ("/admin/families.csv", families),
        ("/admin/families.csv?q=ISPMANAGER", 1),
        ("/admin/families.csv?q=nonsense", 0),
        ("/admin/upstreams.csv", accounts),
        ("/admin/upstreams.csv?status=on", accounts),
        ("/admin/upstreams.csv?status=low", 0),
        ("/admin/upstreams.csv?q=simulator&dialect=soft", 1),
        ("/admin/upstreams.csv?q=nonsense", 0),
        ("/admin/costs.csv", costs),
        ("/admin/costs.csv?source=initial", costs),
        ("/admin/costs.csv?source=import", 0),
        ("/admin/costs.csv?q=nonsense", 0),
        ("/admin/prices.csv?group=public", costs),
        ("/admin/prices.csv?group=public&show=loss", 0),
        ("/admin/prices.csv?group=public&q=nonsense", 0),
        ("/admin/cost-history.csv", costs),
        ("/admin/cost-history.csv?source=manual", 0),
    ] {
        let file = desk.get(&portal, path).await.body;
        assert_eq!(file.lines().count(), lines + 1, "{path}: {file}");
    }
    for (path, column) in
        [("/admin/costs.csv?sort=cost", 3), ("/admin/prices.csv?group=public&sort=price", 4)]
    {
        let file = desk.get(&portal, path).await.body;
        let amounts: Vec<f64> = file
            .lines()
            .skip(1)
            .filter_map(|line| line.split(',').nth(column).unwrap().parse().ok())
            .collect();
        assert!(amounts.len() > 2 && amounts.is_sorted(), "{path}: {file}");
    }
    let file = desk.get(&portal, "/admin/families.csv?sort=plans").await.body;
    let plans = file.lines().skip(1).map(|line| line.rsplit(',').next().unwrap());
    assert!(plans.map(|count| count.parse::<u32>().unwrap()).is_sorted(), "{file}");
    // Rules stand above the prices in a table of their own.
    let rules = desk.get(&portal, "/admin/pricelists/public?q=nonsense").await.body;
    let rules = rules.matches("<th scope=\"row\"").count();
    assert_eq!(walked(&portal, &mut desk, "/admin/costs?sort=-cost").await, costs);
    let mut prices = 0;
    for order in ["", "?sort=-margin"] {
        let path = format!("/admin/pricelists/public{order}");
        let pages = costs.div_ceil(50);
        prices += walked(&portal, &mut desk, &path).await - rules * pages;
    }
    assert_eq!(prices, 2 * costs);
}

#[sqlx::test(migrations = "../migrations")]
async fn changes_of_licenses_are_found_by_license_kind_and_state(pool: PgPool) {
    use domain::change::Change;
    let portal = TestPortal::new(pool).await;
    let mut own = portal.signed_in().await;
    bought(&portal, &mut own).await;
    let viewer = portal.customer().await;
    let licenses: Vec<(uuid::Uuid, i64)> =
        sqlx::query_as("select id, number from license order by number")
            .fetch_all(&portal.portal.pool)
            .await
            .unwrap();
    let (license, number) = licenses[0];
    for change in [Change::Suspend, Change::Resume, Change::Suspend] {
        let id = uuid::Uuid::now_v7();
        let wish = portal::licenses::ChangeWish {
            id,
            license,
            change,
            shown_total: None,
            shown_until: None,
        };
        portal.portal.change_license(&viewer, &wish).await.unwrap();
        portal.settle().await;
    }
    for (query, lines) in [
        (String::new(), 4),
        (format!("?license={number}"), 4),
        (format!("?license={}", licenses[1].1), 1),
        ("?license=1".to_owned(), 1),
        ("?kind=suspend".to_owned(), 3),
        ("?kind=suspend&state=confirmed".to_owned(), 3),
        ("?state=planned&sort=-price".to_owned(), 1),
        ("?to=2026-11-20".to_owned(), 1),
    ] {
        let file = own.get(&portal, &format!("/my/changes.csv{query}")).await.body;
        assert_eq!(file.lines().count(), lines, "{query}: {file}");
    }
    let page = own.get(&portal, &format!("/my/licenses/{license}")).await.body;
    assert!(page.contains(&format!("href=\"/my/changes?license={number}\"")), "{page}");
    // Nobody else's.
    let mut other = Browser::default();
    let form = [("email", "new@example.org"), ("password", "a-quiet-harbour-7")];
    other.post(&portal, "/join", &form).await;
    let file = other.get(&portal, &format!("/my/changes.csv?license={number}")).await.body;
    assert_eq!(file.lines().count(), 1, "{file}");
    let page = other.get(&portal, "/my/changes").await.body;
    assert!(page.contains("No changes yet"), "{page}");
}
