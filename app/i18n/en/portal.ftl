# Keystall, English. Every message also stands in ru/portal.ftl under the same id.

## Frames

shell-skip = Skip to content
shell-main-nav = Main
shell-footer-nav = Footer
shell-breadcrumbs = Where you are
shell-menu = Menu
shell-close-menu = Close menu
shell-account = Account
shell-sign-in = Sign in
shell-sign-out = Sign out
shell-balance = Available
shell-on-hold = { $amount } reserved
shell-language = Language
shell-theme-dark = Dark theme
shell-theme-light = Light theme
demo-banner = Demo: sample prices, sample money and a simulated vendor.
footer-note = Keystall sells licenses for hosting software. The price you see is the price you pay, and what renews by itself says so before you buy.

nav-catalog = Catalog
nav-ask = Contact us
nav-overview = Overview
nav-licenses = Licenses
nav-orders = Orders
nav-wallet = Wallet
nav-desk = Desk
open-desk = Open the desk
nav-mail = Mail
go-home = To the front page
go-catalog = Browse the catalog
go-on = Continue
buy-a-license = Buy a license

## Values

price-free = Free
price-month-only = Monthly only
price-year = { $price } a year
price-year-saving = { $price } a year, −{ $percent }%
saving = Save { $percent }%
per-month = a month
per-year = a year
per-months = for { $count } months
per-trial = trial
per-lifetime = once
period-trial = Trial
period-lifetime = Lifetime
period-months =
    { $count ->
        [one] { $count } month
       *[other] { $count } months
    }
seconds = { $count } s
no-server = Any server
none-yet = None yet
paid-until-unknown = Not stated
customer-number = Customer { $number }

## Columns

col-order = Order
col-plan = Plan
col-server = Server
col-status = Status
col-price = Price
col-cost = Cost
col-margin = Margin
col-margin-share = Margin, % of price
col-customer = Customer
col-license = License
col-paid-until = Paid until
col-what = What
col-when-utc = When, UTC
col-amount = Amount
col-available = Available after
col-mail = Mail
col-written = Written
col-text = Text

## Lists

pager-label = Pages
pager-newest = First page
pager-older = Next page
filter-any = All
filter-apply = Apply
filter-reset = Show all
filter-fold = Filter and sort

## Front page

home-title = Hosting panel licenses in seconds, every cent accounted for
home-lead = Pay from one wallet and follow your order step by step. Money is charged only when the vendor has confirmed the license. If that does not happen, it is yours again.
home-description = Licenses for ispmanager, VMmanager, BILLmanager and other hosting software: bought from one wallet, delivered at once, charged only when they exist.
home-browse = Browse the catalog
home-trial = Try ispmanager for free
home-everything = See the whole catalog
home-all-plans =
    { $count ->
        [one] { $count } plan
       *[other] All { $count } plans
    }
proof-caption = A sample order
proof-sent-text = For the address of your server
proof-charged-text = Only now { $amount } is charged
proof-key-text = On the page and by e-mail
trust-genuine = Genuine
trust-genuine-text = Ordered from the vendor for your server's address, each license with a key of its own.
trust-money = No license, no charge
trust-money-text = The price is set aside first. What the vendor does not deliver is yours again.
trust-once = Never bought twice
trust-once-text = When an answer gets lost, we check with the vendor before sending anything again.

## Catalog

catalog-title = Catalog
catalog-lead = Every plan with its price. No fees are added later.
catalog-description = All plans with their prices per month and per year: panels for hosting, virtual machines, data centers, billing, DNS and IP addresses.
catalog-families = Product families
catalog-empty = The shelf is empty
catalog-empty-text = Nothing is for sale right now. Licenses that you own keep working; please look in again later.
card-choose = Choose

## Product

product-description = { $name }: { $tagline }. Price, terms and delivery of the license.
product-about = What it is
product-addons = What you can add
product-addons-text = Counts are totals for the license, with what is included.
product-server = Conditions
product-after = What happens after you buy
addon-included =
    { $base ->
        [0] Up to { $max }
       *[other] { $base } included, up to { $max }
    }
addon-each = Each further one { $prices }
addon-hint =
    { $base ->
        [0] { $prices }
       *[other] { $base } included. { $prices }
    }
addon-fewer = Fewer: { $name }
addon-more = More: { $name }
server-address = Address
server-works-with = Works with
server-ip = One public IPv4 address
server-ip-hint = The license works on that address only.
server-any = Any
server-any-hint = The license is not bound to an address.
server-terms = Terms
server-terms-hint = Nothing is charged again unless you renew or turn on auto-renewal.
server-pay = Payment
server-payment = From your wallet, in { $currency }
server-payment-hint = The price shown is the price charged.
server-payment-free = Nothing to pay
server-payment-free-hint = Your wallet may be empty.
period-hint-trial = Once for each server address, never renewed
period-hint-lifetime = Paid once
period-hint-months = { $price } a month
after-reserve = We set the price aside
after-reserve-text = It stays in your wallet, reserved, until the vendor has confirmed the license.
after-reserve-module = It stays in your wallet, reserved, until the vendor has confirmed the module.
after-free = Your order is written down
after-free-text = There is nothing to pay, so nothing is reserved either.
after-order = We order at the vendor
after-order-text = Usually that takes seconds. You may close the page: we write to you when the key is there.
after-order-module = Usually that takes seconds. You may close the page: the module appears on its license's page.
after-order-license = Usually that takes seconds. You may close the page: the license appears among yours.
after-module = You get the module
after-license = You get the license
after-key = You get the key
after-key-text = Only now the price is charged. If the vendor refuses, the reserved money is free again as soon as it is certain that nothing was bought.
after-renewed = The vendor renews it
after-renewed-text = Each further term is charged from your wallet at its price then, until you delete it.
after-key-free-text = It is on the license's page, with how to activate it. If the vendor refuses, we tell you why.

form-title = Buy { $name }
form-period = For how long
form-ip = Server IP
form-ip-hint = Public IPv4 address, such as 203.0.113.10. The license is bound to it.
form-check = Check
form-checking = Asking the vendor…
form-name = Name
form-optional = optional
form-name-hint = To recognize it in your list, such as web-1.
form-total = Total now
form-balance = Available
form-becomes = becomes
form-buy = Buy for { $price }
form-buy-free = Get it for free
form-guest = You sign in on the next page; your order is kept.
form-missing = You need { $missing } more
form-top-up = Top up
form-fine = One payment for the time you choose. It renews only if you switch that on.
form-no-script = Without JavaScript the total stands for the choice above as it was when the page opened. If yours costs something else, you see the new total before anything is ordered.

## Refused orders

buy-refused-title = Nothing was ordered and nothing was charged
buy-staff = You are signed in as staff. Licenses are bought from a customer's account.
buy-no-period = Choose for how long you want it.
buy-bad-count = This plan is not sold in that number. Choose another one.
buy-bad-name = Use at most 100 characters, without line breaks.
buy-form-broken = This page was out of date and has been renewed. What you entered is kept: press the button again.
buy-price-changed = The total for this choice is { $price }. If you agree, press the button again.
buy-renewal-changed = Who renews this license has changed since you opened the page. Read it below; if you agree, press the button again.
buy-not-enough = Available in your wallet: { $available }, which is { $missing } too little. Top it up, then order again.
buy-form-used = This form was used for an order before, so it was not sent a second time. Press the button again if you want one more license.
buy-already-ordered = You have a license or an open order of this plan for this address. Look it up in your licenses, or enter another address.

ip-missing = Enter the address of your server.
ip-malformed = This is not an IPv4 address. It should look like 203.0.113.10.
ip-not-public = This address cannot be reached from the internet. Enter the public address of your server.
ip-free = The vendor accepts this address.
ip-refused = The vendor would refuse this address: { $said }
ip-unchecked = The vendor does not answer right now. You may order all the same: if it refuses, nothing is charged.

## Signing in

field-email = E-mail
field-password = Password
login-title = Sign in
login-new = New here?
login-join = Create an account
login-refused-title = You are not signed in
login-wrong = The e-mail address or the password is wrong. Check both and try again.
login-too-many = Too many attempts. Wait a minute and try again.
login-forgot = Forgot your password? Write to us:
login-order-kept = Your order is kept
login-order-kept-text = After signing in you are back at it, filled in as you left it. Nothing has been charged.
login-demo = Sign in to the demo
login-demo-customer = Customer
login-demo-staff = Staff
login-demo-password = Password for both

join-title = Create an account
join-known = Have an account already?
join-email-hint = We send a confirmation link to this address. You can order without waiting for it.
join-password-hint = At least { $min } characters. A few words in a row are easy to remember and hard to guess.
join-button = Create an account
join-refused-title = The account was not created
join-bad-email = Enter an address such as name@example.net.
join-bad-password = Use between { $min } and { $max } characters.
join-common-password = This is among the passwords that are tried first. Choose one that is harder to guess.

verify-done = Your e-mail address is confirmed
verify-done-text = From now on it belongs to your account alone.
verify-spent = This link no longer works
verify-spent-text = It was used before or is older than two days. If you have confirmed your e-mail address already, there is nothing left to do.

## Overview

overview-title = Overview
overview-problems =
    { $count ->
        [one] One order takes longer than usual
       *[other] { $count } orders take longer than usual
    }
overview-problems-text = There is nothing you need to do. The money stays reserved and is charged only for what was bought.
overview-unproved = Please confirm your e-mail address
overview-unproved-text = We sent a link to { $email }. Follow it, so that nobody else can claim this e-mail address.
overview-under-way =
    { $count ->
        [0] No orders under way
        [one] One order under way
       *[other] { $count } orders under way
    }
overview-licenses = Licenses
overview-orders = Latest orders
overview-all-orders = All orders
overview-all-licenses = All licenses
overview-expiring = Expiring next
overview-empty = Nothing here yet
overview-empty-text = Choose a plan and enter the address of your server. Your orders and licenses then appear here.

## Orders

orders-title = Orders
orders-lead = Everything you ordered. Times in UTC.
orders-empty = No orders yet
orders-empty-text = All you need is the address of a server. Every order can be followed here until its key arrives.
order-back = { $amount } is back in your wallet
order-title = Order { $number }
order-what = { $plan } for { $ip }, { $period }
order-link = order { $number }
order-what-anywhere = { $plan }, { $period }
order-again = Order again
order-progress = Progress
order-open-license = Open the license
order-no-script = Without JavaScript this page stands still.
order-reload = Load it anew
order-summary = What you ordered
order-payment = Payment
order-line-addon = { $name }, { $count } more
order-total = Total
order-charged = Charged
order-returned = Not charged
fact-name = Name
fact-period = Term
fact-placed = Placed

order-says-working = We are ordering at the vendor. { $amount } is reserved in your wallet, not spent.
order-says-working-free = We are ordering at the vendor. There is nothing to pay.
order-says-checking = The vendor gave no clear answer. { $amount } stays reserved, not spent, while we find out whether the license was made. Nothing is bought twice.
order-says-checking-free = The vendor gave no clear answer. We are finding out whether the license was made. There is nothing to pay.
order-says-next = The next check is on { $at }.
order-says-refused = The vendor refused the order. We make sure that nothing was bought; then the reserved { $amount } is free again.
order-says-review = Somebody of our staff is looking at this order. { $amount } stays reserved until it is settled. There is nothing you need to do.
order-says-review-free = Somebody of our staff is looking at this order. There is nothing to pay and nothing for you to do.
order-says-parked = The order is delayed on our side and goes on by itself. { $amount } is reserved, not spent.
order-says-parked-free = The order is delayed on our side and goes on by itself. There is nothing to pay.
order-says-key-soon = The license is bought, and the vendor is making its key. It appears here, and we write to you.
order-says-done = It is ready. { $amount } was charged.
order-says-done-free = It is ready. There was nothing to pay.
order-says-rejected = The vendor did not make this license. { $amount } is back in your wallet, and you can order again.
order-says-rejected-free = The vendor did not make this license. Nothing was charged, and you can order again.
order-says-cancelled = You took this order back before it was sent. { $amount } is free again in your wallet.
order-says-cancelled-free = You took this order back before it was sent. Nothing was charged.
order-take-back-text = Nothing was sent to the vendor yet.

status-planned = Placed
status-sent = Ordering
status-unknown = Checking
status-confirmed = Confirmed
status-delivered = Delivered
status-rejected = Not bought
status-review = In review
status-parked = Delayed
status-cancelled = Cancelled

step-placed = Order placed
step-reserved = { $amount } reserved
step-reserved-text = Set aside in the wallet; charged only when the vendor confirms
step-sent = Sent to the vendor
step-not-sent = The vendor was not reached
step-not-sent-text = Nothing left our side; we try again.
step-refused = The vendor said no
step-refused-text = In its words: { $said }
step-unclear = No clear answer
step-unclear-text = The license may exist. We check before anything is sent again.
step-absent = Checked with the vendor: not there
step-resend = Certainly not bought; ordering once more
step-confirmed = The vendor confirmed the license
step-found = License found at the vendor's
step-found-text = Only its answer had been lost.
step-key = Key delivered
step-key-later = Key delivery
step-rejected = Not bought; { $amount } is free again
step-rejected-free = Not bought
step-cancelled = Taken back; { $amount } is free again
step-cancelled-free = Taken back
step-decided = Judged by our staff
step-already = It was so already; nothing had to be sent
step-item = Prepared at the vendor; paid next
step-parked = Waiting on our side
step-parked-text = Nothing was bought yet. It goes on by itself.
step-resumed = Going on
step-taken-back = The vendor took the term back; its price is in the wallet again
step-review = Handed to our staff
step-next-send = About to be sent to the vendor
step-next-answer = Waiting for the vendor's answer
step-next-look = Checking with the vendor whether the license was bought
step-next-parked = Waiting on our side
step-next-key = Waiting for the key
state-done = done
state-current = under way
state-waiting = still to come
state-failed = did not work
state-unclear = not certain
state-review = a person decides

## Licenses

licenses-title = Licenses
licenses-empty = No licenses yet
licenses-empty-text = Choose a plan and enter the address of your server. The key appears here as soon as the vendor has made it.
license-ordered = Ordered
license-active = Active
license-suspended = Suspended
license-deleted = Deleted
license-processing = Being made
license-says-active = It works and is paid until { $day }.
license-says-active-on = It works on { $ip } and is paid until { $day }.
license-says-active-open = It works.
license-says-suspended = The vendor has suspended it; the panel may refuse to work.
license-says-deleted = The vendor has deleted it; the key no longer works.
license-says-processing = The vendor is still making it. Nothing is left for you to do.
license-key = Key
license-show-key = Show the key
license-key-soon = Key on its way
license-key-soon-text = The vendor has not issued the key yet. It appears here, and we write to you. Your purchase is safe.
license-key-secret = Whoever has the key can use the license. Keep it to yourself.
copy-key = Copy
copied = Copied
license-activate = How to activate it
activate-install = Install the panel
activate-install-text = On the server with the address { $ip }. The license works there only.
activate-install-anywhere = On any server of yours.
activate-enter = Enter the key
activate-enter-text = The panel asks for it when it first opens; later it can be changed in the panel's license settings.
activate-check = Let the panel check it
activate-check-address = Let the panel find its license
activate-check-text = It asks the vendor and is unlocked at once. For this the server must reach the internet.
license-summary = Summary
license-deleted-on = Will be deleted on { $day }
license-checked = Checked with the vendor
license-not-checked = Not yet
fact-license-number = Number
fact-bought = Bought
fact-order = Order

## Wallet

wallet-title = Wallet
wallet-lead = Your prepaid balance and every movement on it.
wallet-currencies = Currencies
wallet-available = Available
wallet-available-hint = Free to spend
wallet-held = Reserved
wallet-held-hint = For orders under way
wallet-credit = Credit limit
wallet-spendable = You may go this far below zero: { $amount } to spend
desk-wallet-title = Wallet of { $name }
desk-wallet-lead = What came in, was reserved, charged and given back, with what caused it.
desk-wallet-spendable = It may go this far below zero: { $amount } to spend
top-up-title = Top up
top-up-demo = In the demo nobody pays. Sign in as { $staff }, open Customers and top up this wallet.
top-up-text = Online payment is not there yet: our staff books top-ups by hand. Tell your contact with us the amount and your address { $email }. The money appears in the statement as soon as it is booked.
statement-title = Statement
statement-empty = No movements yet
statement-empty-text = Every cent that comes in, is reserved, charged or returned will appear here with its reason.
moved-in = Topped up
moved-back = Given back
change-link = { $what }, license { $number }
moved-out = Taken out
moved-held = Reserved
moved-held-text = Set aside for it
moved-captured = Charged
moved-captured-text = Taken from what was reserved
moved-released = Released
moved-released-text = Nothing was bought

## Errors

error-inside = Something failed on our side, and nothing was changed. Please try again in a moment.
error-400-title = This request is not complete
error-400-text = Something was missing in it, so nothing was done and nothing was charged. Go back and try once more.
error-403-title = This is not open to you
error-403-text = Nothing was done and nothing was charged. If you came from a form of ours, open its page anew and send it again.
error-404-title = There is nothing at this address
error-404-text = The link may be old or mistyped. Your money and your licenses are where they were.
error-404-text-plain = The link may be old or mistyped.
error-503-title = Back in a moment
error-503-text = The portal cannot reach its database right now. Nothing happens to your orders or your money meanwhile: reload the page in a minute.
error-500-title = That failed, and it is our fault
error-500-text = What you sent may not have been carried out. Look into your orders before you try again: an order that stands there is safe and is never bought twice.

## Desk

desk-title = { $page }, desk
desk-search = Order number, e-mail, name or server
desk-orders-title = Orders
desk-orders-lead = Everything that customers ordered. Times in UTC.
desk-orders-empty = No orders yet
desk-orders-empty-text = As soon as a customer orders something, it appears here.
desk-order-history = History
desk-order-evidence = Sent and answered
desk-order-nothing-sent = Nothing was sent to the vendor so far.
desk-order-money = Money
desk-order-facts = At the vendor
attempt-title = Attempt { $number }: { $outcome }
attempt-no-outcome = no outcome yet
attempt-confirmed = confirmed
attempt-refused = refused
attempt-unknown = no clear answer
attempt-not-sent = did not leave
attempt-unanswered = No answer
attempt-sent = Sent: { $at }
attempt-answered = Answered: { $at }
desk-order-ordered = What was ordered
money-free = Free of charge: no money moves.
money-reserved = { $amount } is reserved in the customer's wallet.
money-captured = { $amount } was charged to the customer's wallet.
money-released = { $amount } is free again in the customer's wallet.
fact-vendor-account = Vendor account
fact-vendor-number = Vendor's number
fact-pricelist = Pricelist
fact-pricelist-version = { $group }, version { $version }
fact-reference = Our reference
fact-operation = Operation
fact-vendor-said = The vendor's words
fact-next-look = Next check

credit-title = Top up by hand
credit-now = Now { $balance }
credit-amount = Amount
credit-amount-hint = For example 25.00
credit-currency = Currency
credit-reason = Reason
credit-reason-hint = The customer reads it in their statement.
credit-button = Top up the wallet
credit-done = Topped up. The balance below contains it.
credit-bad-amount = Enter an amount above zero and up to 100,000, such as 25.00.
credit-bad-reason = Say why, in 3 to 500 characters.
credit-forbidden = Your role may look at wallets but not top them up. Ask an owner or support.
credit-form-used = This form was used for another top-up before. Look at the balance, then send it again.

limit-none = No credit in { $currency }
limit-now = May go { $limit } below zero
limit-amount = New limit, { $currency }
limit-hint = How far below zero this wallet may go. Zero takes the credit away.
limit-reason = Why this limit
limit-button = Set the limit
limit-done = The limit is set. It counts from the next order on.
limit-bad-amount = Enter an amount from 0 to 100,000, such as 250.00.
limit-used = The customer is { $used } below zero already: the limit cannot be lower than that.
limit-forbidden = Only owners let customers go below zero.

desk-mail-title = Mail
desk-mail-lead = What the portal writes to customers. Times in UTC.
desk-mail-empty = No mail yet
desk-mail-empty-text = Mails about new accounts and delivered keys appear here.
mail-sent = Sent
mail-waiting = Waiting
mail-failed = Trying again

## Prices

nav-pricelists = Pricelists
nav-costs = Costs
by-the-portal = the portal
optional = optional
col-group = Group
col-version = Version
col-drafts = Being changed by
col-unsold = Not sold
col-customers = Customers
col-rule = Rule
col-sets = Formula
col-decides = Prices set
col-actions = Actions
col-family = Family
col-before = Before
col-after = After
col-change = Change
col-margin-after = Margin after, % of price
col-author = Author
col-note = Note
col-rules = Rules
col-source = Source
col-since = Since
col-unit = Term
col-reason = Reason
sort-shelf = As in the shop
sort-shelf-down = Reverse shop order
pricelists-title = Pricelists
pricelists-lead = One list per customer group. Every price follows from a cost and the most specific rule that applies to it. Times in UTC.
group-public = Guests and new customers
group-public-name = Public
group-new = New group
group-refused = The group was not created
group-name = Name
group-name-hint = For the staff, such as “Partners”.
code = Code
code-hint = Lowercase letters, digits and hyphens; it never changes.
group-like = Begin with the prices of
group-like-hint = They are copied; later changes of one do not touch the other.
group-create = Create group
code-bad = Use 1 to 40 lowercase letters, digits and hyphens.
group-code-taken = There is a group with this code already.
group-bad-name = Enter a name of 1 to 80 characters.
group-unknown = Choose one of the groups.
version-number = Version { $number }
version-in-force = In force
version-lead = Published { $at } UTC by { $author }.
version-restored = Brings back version { $version }
version-restore = Bring it back
version-settings = Never below cost plus { $margin }. Rounding: { $rounding }.
versions-title = Versions
versions-lead = Everything that was published, the newest first. Orders keep the prices that they were placed with. Times in UTC.
pricelist-lead =
    Version { $version }, published { $at } UTC by { $author }. { $customers ->
        [0] No customer pays these prices.
        [one] One customer pays these prices.
       *[other] { $customers } customers pay these prices.
    }
rules-title = Rules
rules-hint = Where several rules fit, the most specific one sets the price.
rules-empty = No rules yet
rules-empty-text = Without a rule nothing has a price, and nothing of it is for sale. Begin with one for everything.
rule-idle = Decides nothing now
rule-unpublished = Not in force yet
rules-gone = Taken out by your changes, still in force: { $rules }.
rule-everything = Everything
rule-family = { $family }: all plans
rule-product = { $product }: all editions
rule-no-addon = Any, or none
rule-any-period = Any
rule-change = Change
rule-remove = Remove
rule-cancel = Cancel
rule-form-unfold = For everything, a family, a product, a plan, a period or an add-on
rule-form-new = Add a rule
rule-form-change = Change rule { $number }
rule-subject = Applies to
rule-addon = Add-on
rule-period = Period
rule-kind = Price
rule-value = Value
rule-value-hint = Percent or an amount, such as 40 or 4.90.
rule-currency = Currency
rule-currency-hint = For amounts: the rule applies only to costs in this currency.
rule-below-cost = May be below cost
rule-below-cost-hint = For a fixed price that you want to lose money with.
rule-below-cost-what = Only a fixed price can be below cost.
rule-save = Save the rule
rule-add = Add the rule
rule-unknown-scope = Nothing in the catalog fits this. Choose a plan, a period and an add-on that belong together.
rule-bad-percent = Enter a percentage from 0 to 1,000 with at most two decimals.
rule-bad-amount = Enter an amount of 0 or more in whole cents, such as 4.90.
rule-too-wide = A fixed price needs a plan or an add-on: not everything can cost the same.
rule-duplicate = Another rule applies to exactly this. Change that one instead.
kind-percent = Cost plus percent
kind-fixed = Cost plus an amount
kind-explicit = Fixed price
markup-percent = cost + { $percent }
markup-fixed = cost + { $amount }
markup-explicit-below = { $amount }, may be below cost
rounding-cent = to the cent
rounding-whole = up to whole amounts
rounding-90 = up to .90
rounding-99 = up to .99
rounding-as-all = Same as the others
settings-title = Rounding and minimum markup
settings-margin = Minimum markup, % of cost
settings-margin-hint = No price is below cost plus this, unless its rule says so.
settings-rounding = Rounding
settings-rounding-of = Rounding of { $currency }
settings-save = Save
prices-title = Prices
prices-none = No prices here
price-unit-addon = Add-on: { $addon }, { $period }
price-not-sold = Not sold
price-below-cost = Below cost
price-set = Set price
price-was = was { $price }
price-was-none = was not sold
filter-show = Show
filter-unsold = Not sold
filter-loss = Sold at a loss
explain = Explain
explain-cost = It costs us { $cost }.
explain-rule = Rule { $number } ({ $scope }: { $markup }) makes it { $price }.
explain-overruled =
    { $count ->
        [one] Rule { $numbers } applies too, but is less specific.
       *[other] Rules { $numbers } apply too, but are less specific.
    }
explain-floor = The least allowed is cost plus { $percent }: { $floor }.
explain-raised = That is less than cost plus { $percent }, so it is raised to { $floor }.
explain-below-floor = That is less than { $floor }, the least otherwise allowed; the rule says that it may be.
explain-rounding = Rounded { $rounding }: { $price }.
explain-no-rounding = A fixed price is not rounded: { $price }.
explain-public = Nobody pays more for a module than the public price, which panels show: { $price } is charged.
explain-no-rule = No rule applies to it, so it has no price and is not for sale.
explain-no-cost = Its cost for this period is unknown, so it has no price.
explain-out-of-range = The result is larger than any price can be.
explain-refused = Rule { $number } ({ $scope }) says { $price }, which is below { $floor }, the least allowed. It is not for sale until the rule says more, or that it may be below cost.
prices-refused = Nothing was changed
rule-not-added = The rule was not added
rule-not-changed = The rule was not changed
prices-not-published = Nothing was published
prices-forbidden = Your role may look at prices but not change them. Ask an owner or pricing.
prices-stale = This page was out of date: the prices were changed in another window or by somebody else. It shows now how they stand; please look and do it again.
prices-draft-in-the-way = You have unpublished changes of this pricelist. Publish or discard them first.
prices-nothing-changes = That changes nothing.
prices-no-draft = There is nothing to publish any more: the draft was published or discarded in another window.
prices-overtaken = { $author } published version { $version } while you were changing the one before. Your changes are kept, and theirs are in force. Put yours on top of them to go on.
prices-below-cost =
    { $count ->
        [one] One price is below cost plus the minimum markup. Raise it, or say in its rule that it may be.
       *[other] { $count } prices are below cost plus the minimum markup. Raise them, or say in their rules that they may be.
    }
prices-note-long = Keep the note under 500 characters.
prices-published = Version { $version } is in force.
prices-discarded = Your changes are discarded. Nothing had been published.
prices-others = { $names } is changing this pricelist at the moment. Whoever publishes second is told.
prices-draft-title = Not published yet
prices-draft =
    { $count ->
        [0] Your changes touch no price.
        [one] Your changes touch one price. Customers still pay the published one.
       *[other] Your changes touch { $count } prices. Customers still pay the published ones.
    }
prices-review = Review and publish
prices-discard =
    { $count ->
        [0] Discard my changes
        [one] Discard one price change
       *[other] Discard { $count } price changes
    }
prices-rebase = Put my changes on top of version { $version }
review-title = Review
review-lead = What version { $next } changes. Earlier orders keep their prices.
review-back = Keep editing
review-restored = This brings back version { $version }.
review-clashes =
    { $count ->
        [one] You both changed one rule or setting. Yours is taken; look at it below.
       *[other] You both changed { $count } rules or settings. Yours are taken; look at them below.
    }
review-up = Rise
review-down = Fall
review-new = Newly sold
review-gone = No longer sold
review-customers-hint = pay these prices
review-changes = Prices that change
review-none = No price changes
review-none-text = The rules differ, but with the costs of today every price stays as it is.
publish-title = Publish
publish-note-hint = For whoever looks at the versions later.
publish-button = Publish version { $version }
costs-title = Costs
costs-lead = What we pay for one period, in the currency of the vendor account. Times in UTC.
costs-none = No costs here
cost-lead = What we pay, and how it changed. Times in UTC.
cost-initial = Set at start
cost-manual = By hand
cost-import = Import
cost-history = History
cost-change = Change a cost
cost-what = Cost of
cost-unit = { $unit }: { $cost }
cost-new = New cost, { $currency }
cost-preview = Preview the effect
cost-confirm-title = What follows
cost-effect =
    { $unit }: { $before } becomes { $after }. { $count ->
        [0] No selling price changes.
        [one] One selling price changes at once.
       *[other] { $count } selling prices change at once.
    }
cost-reason = Reason
cost-reason-hint = Such as the vendor's announcement; it stays in the history.
cost-confirm = Change the cost
cost-changed = The cost is changed. Prices that follow it have changed too.
cost-refused = The cost was not changed
cost-bad-amount = Enter an amount of 0 or more, such as 3.50.
cost-stale = Somebody changed this cost meanwhile: it is { $now } now. Look again before you change it.
cost-nothing = That is the cost already.

## Mails

mail-link-gone = (The link is known to the reader of the mail alone.)
mail-welcome-subject = Welcome to Keystall: please confirm your address
mail-welcome-body =
    Hello,

    your account for { $email } is ready, and you can order right away.

    Please confirm that this address is yours. The link works for two days:

    { $link }

    If you did not sign up, do nothing: without the confirmation this address belongs to nobody here.

    Keystall
mail-known-subject = You have an account at Keystall already
mail-known-body =
    Hello,

    somebody has just signed up with { $email }, the address of your account.

    If that was you, sign in with the password you have:

    { $link }

    If it was not, do nothing: your wallet and your licenses are as they were.

    Keystall
mail-ready-subject = { $plan }: your license is ready
mail-ready-body =
    Hello,

    the key of { $plan } from order { $order } is here:

    { $link }

    The page also tells how to activate it.

    Keystall

mail-vendor-balance-subject = { $vendor }: our balance there is too low
mail-vendor-balance-body =
    Hello,

    orders wait because our balance at { $vendor } does not suffice for them. Nothing is lost: the customers' money is reserved, and the orders go on by themselves after a top-up.

    What waits, and how much is needed:

    { $link }

    Keystall

mail-vendor-low-subject = { $vendor }: { $balance } left
mail-vendor-low-body =
    Hello,

    our balance at { $vendor } is { $balance } now, less than the { $threshold } below which you want to be told. Orders that it does not suffice for will wait until there is more.

    Our money at all vendors:

    { $link }

    Keystall

mail-renewal-unpaid-subject = { $plan }: not enough money to renew
mail-renewal-unpaid-body =
    Hello,

    { $plan } should renew by itself before { $day }, but the wallet lacks { $missing }. After a top-up it is renewed within a few hours; you can also renew it at once here:

    { $link }

    Keystall

## Vendors

nav-vendors = Vendors
vendors-title = Vendors
vendors-lead = Our money there, what waits for it, and what their lists and our books do not agree on.
vendors-look = Check now
vendors-looking = Balances and lists are read within seconds. Reload the page to see what they show.
col-vendor = Vendor
col-balance = Our balance
col-parked = Orders waiting
col-needed = Money they need
col-short = Short by
findings-none = Nothing disagrees
findings-none-text = Every hour the vendor's whole list is compared with our books. Mismatches appear here.
findings-paused = No known disagreements
findings-paused-text = While a vendor does not work, its list is not compared with our books. Mismatches appear here after that.
finding-kind = What is wrong
finding-title = { $kind }: no. { $number }
finding-orphan = Paid at the vendor, given back here
finding-orphan-text = The vendor carried an order out after we had given the money back. Adopt it, and the customer is charged and gets the license; or delete it at the vendor and say so here.
finding-stranger = Unknown to us
finding-stranger-text = The vendor has a license that nothing of ours asked for. Somebody bought it past the portal.
finding-missing = Gone from the vendor's list
finding-missing-text = A license of ours is not in the vendor's list any more. Nothing is refunded by itself.
finding-renewed = Renewed by the vendor
finding-renewed-text = The vendor has moved the last day on by itself and taken our money for it. Charge the term to the customer, or say that we bear it. Switch autoprolong off at the vendor if it was not meant.
finding-term = Renewed
finding-taken-back = Paid term not given
finding-taken-back-text = A renewal was paid for, and the vendor does not show its term any more. Give the money back, and the customer can renew from the same day again; or put it right with the vendor and say so here.
finding-not-given = Not given
finding-paid = Paid for it
finding-give-back = Give the money back
finding-put-right = It is put right otherwise
finding-charge = Charge the term
finding-bear = We bear it
finding-no-price = This is no term that the customer has a price for, or the license is gone. Give it a price, or bear it.
finding-busy = Something is under way for this license. Charge the term when that has ended.
finding-price = The order's price
finding-order = Open the order
finding-since = Known since
finding-seen = Seen last
finding-adopt = Adopt and charge
finding-dismiss = It is dealt with
finding-gone = It is gone; mark it as deleted
finding-done = Settled.
finding-refused = Nothing was settled
finding-forbidden = Your role may not do this.
finding-settled = It is settled by now.
finding-not-enough = The customer's wallet has too little for it. Top it up first.
finding-number-taken = This number belongs to a license by now.
action-finding-settle = settled a disagreement with a vendor
license-missing = The vendor does not list this license any more
license-missing-text = Our staff looks at it. Nothing is charged for it meanwhile.
license-unpaid = A new term has begun that is not settled yet
license-unpaid-text = The vendor has renewed the license. If your wallet has too little for it, top it up; otherwise our staff looks at it. Plan and add-ons can be changed when the term is settled.
license-disputed = The vendor does not show a term that you have paid for
license-disputed-text = Our staff clears it up with the vendor, or gives the money back. Until then nothing more is charged for this license.
auto-renew = Renewal
auto-renew-vendor = The vendor renews it by itself. This was switched on at its site, so nothing renews it from here.
auto-renew-on = Automatic, three days before the end, from the wallet
auto-renew-off = Manual
auto-renew-start = Turn on auto-renewal
auto-renew-stop = Turn off

## Customers, audit, staff and lists

nav-customers = Customers
nav-audit = Audit
nav-staff = Staff
save = Save
never = Never
show-all = Show all

col-licenses = Licenses
col-joined = Joined
col-actor = Who
col-action = What was done
col-object = Object
col-changes = What changed
col-member = Member
col-last-seen = Last seen, UTC
col-role = Role

filter-from = Date from
filter-to = Date to
filter-paid-from = Ends from
filter-paid-to = Ends by
filter-movement = Kind
filter-sort = Sort by
filter-bad-day = Choose a day such as 2026-11-21. The last day cannot be before the first.
filter-bad-value = This value cannot be read.
filter-order = Number or server address
filter-license = Name or server address
filter-customer = Customer number
filter-license-number = License number
filter-group = Name or code
filter-finding = License, name or e-mail
filter-upstream = Name, login or address
filter-desk = Number, server, name or e-mail
filter-desk-customer = Number, name or e-mail
filter-blocked = Access
filter-recipient = Recipient
filter-object-type = Sort of object
filter-object = Object id
sort-newest = Newest first
sort-oldest = Oldest first
sort-price-down = Highest price first
sort-price-up = Lowest price first
sort-end-up = Ending soonest first
sort-end-down = Ending last first
sort-name-up = Name, from A
sort-name-down = Name, from Z
sort-cost-down = Highest cost first
sort-cost-up = Lowest cost first
sort-margin-up = Smallest margin first
sort-margin-down = Largest margin first
sort-plans-down = Most products first
sort-plans-up = Fewest products first
sort-customers-down = Most customers first
sort-customers-up = Fewest customers first
list-no-match = Nothing matches
list-no-match-text = No entry fits this filter. Texts are compared with the beginning of a name or an address.
list-past = Nothing further
list-past-text = The list ends before this page. Entries may have changed since the last look.
list-bad = This address asks for something unknown
list-bad-text = Part of the filter, the order or the page cannot be read, so nothing is shown. Correct the marked fields or show all.
csv-link = CSV
csv-hint = All pages of what the filter shows, at most 100,000 rows
desk-search-elsewhere = Also look for “{ $text }” among

licenses-lead = All your licenses and the day each is paid until.
desk-licenses-lead = Every customer's licenses and the day each is paid until.
desk-licenses-title = Licenses
desk-licenses-empty = No licenses yet
desk-licenses-empty-text = As soon as a customer's order is delivered, its license appears here.

desk-customers-title = Customers
desk-customers-lead = Everybody who signed up, with their money and licenses.
desk-customers-empty = No customers yet
desk-customers-empty-text = Everybody who signs up appears here with their money.
customer-open = Active
customer-blocked = Blocked
customer-subtitle = { $number }, joined { $joined }
customer-no-wallet = Nothing was paid in so far
customer-no-history = No orders, licenses or changes yet.
customer-profile = Profile
customer-name = Name
customer-prices = Prices
customer-group-hint = The customer sees this group's prices at once. What was bought keeps its price.
customer-users = Users
user-verified = Address confirmed.
user-unverified = Address not confirmed.
user-seen = Last seen { $at } UTC.
user-never-seen = Not seen yet.
customer-access = Access
block-text = A blocked customer is signed out everywhere and cannot sign in. Orders under way and licenses go on unchanged, and the money stays in the wallet.
block-button = Block the customer
block-reason = Why
block-reason-hint = For the audit; the customer does not see it.
unblock-text = Blocked since { $at } UTC. Orders under way and licenses go on unchanged. After unblocking, the customer can sign in again.
unblock-button = Unblock the customer
customer-done-name = The name is changed.
customer-done-group = The customer now pays the prices of this group.
customer-done-blocked = The customer is blocked and signed out everywhere.
customer-done-unblocked = The customer can sign in again.
customer-refused-title = Nothing was changed
customer-forbidden = Your role may not change this. Ask an owner.
customer-changed = Somebody else changed this customer after you opened the page. You now see the newest state: look at it, then send the form again if it is still right.
customer-bad-name = Enter a name of at most 200 characters.
customer-bad-group = Choose one of the groups.
login-blocked = This account is blocked. If you think that is a mistake, write to us: your licenses and your money are as they were.

audit-title = Audit
audit-lead = Who changed what, before and after. Nothing here can be altered. Times in UTC.
audit-empty = No changes recorded yet
audit-empty-text = What staff, the command line and the portal change from now on appears here.
audit-nobody = Nobody at the desk
audit-command-line = Command line
audit-portal = The portal
audit-all-changes =
    { $count ->
        [one] The change in full
       *[other] All { $count } changes in full
    }
object-staff = Staff
object-pricelist = Pricelist
object-plan = Plan
action-wallet-credit = Wallet topped up
action-customer-rename = Customer renamed
action-customer-group = Customer group changed
action-customer-block = Customer blocked
action-customer-unblock = Customer unblocked
action-staff-create = Member made
action-staff-role = Role changed
action-staff-disable = Access taken away
action-pricelist-create = Group created
action-pricelist-publish = Prices published
action-cost-change = Cost changed
action-staff-enable = Access given back

staff-title = Staff
staff-lead = Who works at this desk. New members are made at the server's command line:
staff-roles = What the roles may do
staff-access = Access
staff-role-of = Role of { $email }
staff-disable = Disable
staff-enable = Enable
staff-disabled = Disabled
staff-enabled = Enabled
staff-you = you
staff-done = Saved. It counts from the next click of this member on.
staff-refused-title = Nothing was changed
staff-changed = Somebody else changed this member after you opened the page. Look at the newest state below.
staff-last-owner = This is the last owner. Make somebody else an owner first, so that somebody can manage the staff.
staff-last-owner-stays = Only owner: role and access stay
member-since = Since { $day }
role-owner = Owner
role-owner-text = Everything. Only owners manage staff, vendor accounts and credit limits.
role-support = Support
role-support-text = Sees everything, tops up wallets and gives money back, renames and blocks customers, decides unclear operations.
role-pricing = Pricing
role-pricing-text = Sees everything, sets prices, costs and customers' groups, edits products and families.
role-readonly = Read only
role-readonly-text = Sees everything, changes nothing.

## Changing a license
license-manage = Manage
license-changes = Changes
changes-title = License changes
changes-lead = What you did to your licenses, and what became of it. Times in UTC.
changes-empty = No changes yet
changes-empty-text = Renewals, plan and server changes appear here.
changes-open-licenses = Open licenses
col-kind = Change
change-renew = Renew
change-plan = Change the plan
change-edit = Change server or name
change-addons = Change add-ons
change-key = Replace the key
change-suspend = Suspend
change-resume = Resume
change-delete = Delete
change-keep = Leave it as it is
change-not-now = This is not possible for the license as it is now.
change-refused = Nothing was changed
change-term = For how long
change-plan-term = Plan and term
change-until = Until { $day }
change-choose = Choose one.
change-day-changed = A new term would end sooner than the page said when you opened it. Look at the last day below, then press the button again.
change-no-price = There is no price for this at the moment. Ask us for it.
change-balance = Available in your wallet: { $amount }.
choice-left = { $amount } left
change-waits = Something else is under way for this license. This begins when that is done.
change-ip-hint = A public IPv4 address. Most vendors allow one change of it a month.
change-name-hint = Your own name for it; it may be empty.
change-show-price = Show the price
change-preview = What it costs
change-addons-price = { $price } for the rest of the paid term. Renewals are priced by the new quantities.
change-addons-same = These quantities are not possible, or nothing would change.
change-count-hint = { $now } now, { $base } included, at most { $max }
change-form-used = This form was used before. Look at the changes below, then try again.
change-too-late = It was sent already and cannot be taken back any more.
change-planned = It is on its way; you see below how it goes.
change-taken-back = Taken back. Nothing was sent.
change-take-back = Take back
change-sent-at = Will be sent at { $at } UTC; until then you can take it back
change-free = Free
change-done = Done
change-not-done = Not done
effect-renew = Paid until { $day } now. The next term begins when this one ends.
effect-renew-suspended = Paid until { $day }, but suspended. The next term begins today.
effect-plan = The license becomes one of the new plan at once, and the new term begins today. The rest of the old one is not credited by the vendor.
effect-trial = The trial becomes a paid license at once. The vendor charges from today: what is left of the free days is not added.
effect-edit = The license moves to the new server at once and stops working on the old one.
effect-addons = How many do you need in all?
effect-key = The vendor issues another key, and the old one stops working. Most vendors allow this once a month.
effect-suspend = The license stops working until you resume it. The paid days go on, and the vendor deletes what is suspended for { $days } days.
effect-resume = The license works again.
effect-delete = The license is removed at the vendor for good, and the rest of its term is lost. You can take it back for { $minutes ->
    [one] one minute
   *[other] { $minutes } minutes
}.
confirm-renew = Renew
confirm-renew-paid = Pay and renew
confirm-renew-for = Renew for { $price }
confirm-plan = Change the plan
confirm-edit = Save
confirm-addons = Change add-ons
confirm-key = Replace the key
confirm-suspend = Suspend the license
confirm-resume = Resume the license
confirm-delete = Delete the license
not-now-gone = The license is not ready yet, or it is gone.
not-now-trial = A trial cannot be renewed. Change it to a paid plan instead.
not-now-trial-buy = A trial cannot be renewed, and the vendor makes no paid license of this one. Buy a new license instead.
not-now-lifetime = This license has no end.
not-now-suspended = The license is suspended. Resume or renew it first.
not-now-active = The license works already.
not-now-ran-out = The paid term is over. Renew it instead.
not-now-same = Nothing would change.
not-now-paid-ahead = The license is suspended, and it is paid for longer than a new term from today would last: renewing it would cost money and bring nothing.
not-now-stopping = The license is being suspended or resumed. From which day a new term counts is known once that is done.
not-now-deleting = The license is about to be deleted. As long as that was not sent, you can take it back on its page.
not-now-unpaid = A term that the vendor has begun is not settled yet. Plan and add-ons can be changed after that.
not-now-disputed = The vendor does not show a term that you have paid for. Our staff clears it up first; nothing more is charged until then.
not-now-plan-changing = Its plan or its quantities are being changed. What this costs is known once that is done.

## Inbox and health of the desk
nav-inbox = Inbox
nav-operations = Operations
nav-health = Health
inbox-title = Inbox
inbox-lead = Operations whose outcome the portal could not find out. Decide each one; the money stays reserved until then.
inbox-empty = Nothing waits for you
inbox-empty-text = What the portal cannot judge by itself appears here, with the evidence of both sides.
inbox-refused = Nothing was decided
inbox-done =
    { $count ->
        [one] One operation is decided. The money and the audit follow.
       *[other] { $count } operations are decided. The money and the audit follow.
    }
inbox-refused-some = Some were not decided
inbox-case-refused = Operation { $number }: { $why }
inbox-none-selected = Select at least one operation.
inbox-ambiguous = There is not exactly one number on offer. Decide this one by itself.
inbox-select = Select
inbox-select-one = Select operation { $number }
inbox-select-all = Select all on this page
inbox-selected = Selected
inbox-bulk-reason = Why, for all selected
inbox-bulk-happened = It was done
inbox-case = Operation { $number }: { $what }
inbox-purchase = Purchase
inbox-vendor-side = What the vendor shows
inbox-held = Reserved
inbox-since = Requested on
inbox-adopt = Adopt no. { $number }
inbox-number = Number at the vendor
inbox-number-hint = Of the license that belongs to this order, if it is none of those offered
inbox-reason = Why
inbox-reason-hint = For the audit and the order's history.
inbox-happened = It was done
inbox-happened-number = It was bought under this number
inbox-again = It was not; send it again
inbox-give-up = It was not; give the money back
inbox-forbidden = Your role may not decide this.
inbox-decided-already = Somebody else has decided this already.
inbox-bad-number = Enter the vendor's number of the license, digits only.
inbox-number-taken = This number belongs to another license of ours.
inbox-too-often = It was sent as often as it may be. Give the money back, or enter its number.
operations-title = Operations
operations-lead = Everything we asked the vendors to do. Times in UTC.
operations-empty = No operations yet
operations-empty-text = Every purchase and every change of a license appears here as soon as it is requested.
operation-kind = Action
operation-order = Order { $number }
operation-license = License { $number }
operation-waits = Only a person can decide what became of it. Its money stays reserved until then.
operation-decide = Decide it in the inbox
event-planned = Requested
event-absent = Looked at the vendor: it was not done
event-resend = To be sent once more
event-confirmed = The vendor confirmed it
event-found = Found done at the vendor
event-rejected = Given up; nothing was done
event-short = Refused while our balance at the vendor was too low
event-parked = Waiting for our money at the vendor
event-unclear-text = It may have been done. We check before anything is sent again.
event-next-look = Checking with the vendor what became of it
fact-new-plan = New plan
fact-new-server = New server
fact-new-name = New name
fact-no-name = No name
fact-asked-by = Requested by
fact-not-before = Not sent before
fact-ended = Ended
health-title = Health
health-lead = What must always be true of the books and of everything under way. Checked every five minutes.
health-last = Last checked on { $at } UTC.
health-all = All { $count } rules hold.
health-some =
    { $broken ->
        [one] One of { $count } rules is broken.
       *[other] { $broken } of { $count } rules are broken.
    }
health-rule = Rule
health-checked = Checked
health-now = Check now
health-never = Not checked yet
health-sound = OK
health-broken = { $count ->
    [one] Broken once
   *[other] Broken { $count } times
}
health-i01 = In every currency all entries of the books add up to zero
health-i02 = Every transfer has exactly two entries, and none of the transfers that belong together is missing
health-i03 = No entry of the books was changed or removed
health-i04 = No wallet is below its credit limit
health-i05 = Reserved money equals the price of all open operations
health-i06 = Every balance is the sum of its entries
health-i07 = Reserved money was charged or given back once, as its operation ended
health-i08 = Every confirmed purchase has its license, and no vendor's number is used twice
health-i09 = Every license belongs to a confirmed purchase
health-i10 = No operation has been under way for more than an hour
health-i11 = Nothing was sent to a vendor more than three times, or without a record of it
health-i12 = Vendors were paid exactly the cost of what they confirmed
health-i13 = Every transfer names a cause that exists
health-i14 = Every credit limit was granted by somebody

## Refunds
refund-open = Give money back
refund-button = Give it back
refund-hint = { $most } at most. The license stays as it is.
refund-so-far = { $amount } went back to the wallet.
refund-refused = Nothing was given back
refund-done = The money is in the wallet again.
refund-bad-amount = More than nothing, and not more than is left of the charge.
refund-form-used = This form was used before. Look at what went back, then send it again.
action-wallet-limit = Credit limit set
action-wallet-refund = Money given back
action-operation-decide = Operation judged

# Modules
server-license = One of your licenses
server-license-hint = A module works inside the panel of a license that you have here.
module-buy = Add it to a license
module-buy-now = Buy the module
module-buy-for = Buy the module for { $price }
module-for = License
module-sign-in = Sign in, and you come back here with everything as it is now.
module-sign-in-choose = Sign in to choose the license it is for.
module-no-license = It belongs to a license that fits it, and you have none yet.
module-waits = Your license is not active yet, or is about to be deleted. As soon as it works and stays, you can add the module.
module-all-have-it = Every license of yours that it fits has it already.
module-has-it = This license has the module already, or an order of it is open.
module-choose-license = Choose one of your active licenses that the module fits.
module-until = { $status } until { $day }
module-col-name = Module
module-available = Available
module-add = Add
module-manage = Manage
module-step-open = Open the panel
module-step-open-text = In the panel go to License management.
module-step-update = Press Update
module-step-update-text = The panel asks the vendor and switches the module on. Without that it notices within a day.
license-modules = Modules
modules-wait = Modules can be added to a license that works and is not about to be deleted.
license-says-suspended-until = It is suspended; the panel may refuse to work. The vendor deletes it for good in { $left -> 
        [one] one day
       *[other] { $left } days
    }, on { $day }.
license-renewal-ends = The vendor ends this product
license-renewal-ends-text = It can be renewed until { $day }. It works to the end of the term that is paid then.
license-renewal-over-text = It could be renewed until { $day }. It works to the end of the term that is paid.
change-ip-from = Changed lately: the vendor allows the next change on { $day }.
not-now-unable = This cannot be done to this license: its vendor has no way to do it.
ip-again-from = The server's address was changed lately: the vendor allows the next change on { $day }.
key-again-from = The key was replaced lately: the vendor allows the next one on { $day }.
not-now-too-soon = Changed lately: the vendor allows the next change on { $day }.
not-now-renewal-over = The vendor does not renew this product any more.
buy-bad-field = Fill this in as the product asks for it.
buy-tried = This address had its trial. Order a paid plan for it.
panel-unknown = Which module?
panel-unknown-text = Your panel asked for a module that is not sold here, or did not say which license it is for. Look for it in the catalog, or sign in and open your license.
panel-price = { $price } a month
panel-price-both = { $own } a month for you; the panel shows { $public }
panel-not-yours = There is no such license in this account. Choose another license of yours, or sign out, sign in with the account that bought it and press the button in your panel again.
panel-named = License number in the panel
panel-account = Signed in as
panel-other-license = Choose one of my licenses
panel-ask = Ask us about it
panel-other-account = Sign out and use another account
panel-unfit = This module does not fit { $plan }. It is made for: { $fits }.
panel-has-it = It is there already
panel-what-now = What to do in the panel
panel-license = For this license

# Accounts at vendors
nav-upstreams = Vendor accounts
upstreams-title = Vendor accounts
upstreams-lead = Where licenses are bought: our login at each vendor, its limits, and importing what it sells.
upstreams-none = No vendor account yet
upstreams-none-text = Add the first one below. Then import what the vendor sells; nothing goes on sale by itself.
upstream-new = Add an account
upstream-add = Add the account
upstream-preset = Shipped table
upstream-preset-new-hint = Name, address and currency are taken from it where you leave them empty.
upstream-preset-note = optional with a shipped table
upstream-preset-hint = It knows of the vendor's plans what the vendor's own pricelist leaves out.
preset-none = None
preset-eu = ispmanager, Europe
preset-ru = ispmanager, Russia
preset-isplicense = ISPlicense
preset-legacy = ISPsystem of 2009
upstream-name = Name
upstream-url = Address of the interface
upstream-url-hint = With https and the path, such as https://api.ispmanager.com/manager/billmgr
upstream-currency = Currency
upstream-currency-hint = What the vendor charges in, such as EUR. Cannot be changed later.
upstream-user = Login
upstream-user-field = Login at the vendor
upstream-password = Password at the vendor
upstream-password-hint = It is sealed before it is stored and never shown again.
upstream-password-button = Change the password
upstream-dialects = Functions
upstream-plans = Plans
at-vendor = Licenses at the vendor
at-vendor-title = Licenses at { $name }
at-vendor-lead = What the vendor's own lists have, read just now.
at-vendor-none = Nothing there yet
at-vendor-none-text = The vendor's lists are empty for this login.
at-vendor-unknown = Not known: the vendor did not answer
at-vendor-unknown-text = There may be licenses in the lists that could not be read. Open the page again in a few minutes.
at-vendor-plan = Plan there
at-vendor-whose = Whose
at-vendor-ours = Ours
at-vendor-strange = Not ours
at-vendor-renews = Renewed by the vendor
at-vendor-broken = Some lists could not be read: { $functions }. What they have is missing below.
at-vendor-why = What the vendor said
filter-at-vendor = Number, name or server
upstream-ordering = Ordering
ordering-at-once = Paid at once
ordering-basket = By way of the basket
upstream-on = On
upstream-off = Off
upstream-low = Low balance
upstream-low-text = Our money there is below what you want to be warned of. Top it up before orders have to wait.
upstream-ping = Test connection
upstream-import = Import plans
upstream-added = The account is there. Test the connection to see whether it works.
upstream-set = The settings are saved.
upstream-password-set = The password is changed.
upstream-pinged = The vendor was asked; nothing was changed there.
upstream-inferred = Inferred
upstream-inferred-text = No document states these; check them at the vendor: { $fields }
ping-title = What works
ping-what = Request
ping-verdict = Result
ping-answer = Answer
ping-balance = Balance
ping-list = Licenses, { $family }
ping-ok = Works
ping-failed = Does not work
upstream-settings = Settings and limits
upstream-balance-function = Function that shows the balance
balance-none = There is none
upstream-low-balance = Warn below ({ $currency })
upstream-low-balance-hint = Leave empty for no warning.
upstream-change-rule = Address and key may be changed
change-rule-month = Once a calendar month
change-rule-days = Once in 31 days
change-rule-unlimited = As often as one likes
upstream-concurrency = Calls at one time
upstream-pace = Calls a minute
upstream-pace-hint = Leave empty for no limit.
upstream-kept = Suspended licenses kept, days
upstream-times = Timeouts
upstream-connect = Connect timeout, ms
upstream-call = Call timeout, ms
upstream-check = Check timeout, ms
upstream-send = Start deadline, ms
upstream-lease = Operation lease, ms
upstream-quiet = Late effect window, ms
upstream-second = Second look after, ms
upstream-resend = Time in which an order may be sent again, ms
upstream-undo = Time in which a deletion can be taken back, ms
upstream-attempts = Attempts per order, at most
upstream-functions = Functions of its own
upstream-renews-there = The vendor renews by itself
upstream-renews-there-hint = Orders say autoprolong with their term, and the portal does not renew. Each term that the vendor begins is charged from the wallet; where there is too little, the customer is told and it waits under Vendors. You have paid for it by then.
upstream-functions-hint = One a line: softexternal.addons = softexternal.edit. An empty name takes a function away. What belongs to no family is account.balance and account.price_list.
upstream-families = Function families
upstream-families-hint = What the vendor has functions for; “manual” is what people order there by hand. Other plans can be neither imported nor made. With all of them ticked there is no limit.
upstream-families-none = Tick at least one: nothing could be bought otherwise.
upstream-families-used = There are plans of { $families }. Leave those ticked, or say first that these plans are bought by other functions.
upstream-unmarked = Lists without our reference
upstream-unmarked-hint = Function families whose list shows neither our reference nor a name, such as parallelslic. One order of each is sent at a time and found by what is new in the list.
upstream-names-parent = Orders of modules name their license
upstream-enabled = The account is on
upstream-enabled-hint = When off, nothing from it is sold; licenses that were bought keep working.
upstream-refused = Nothing was saved
upstream-changed = Somebody changed the account meanwhile. Look at it as it is now, then save again.
upstream-bad-currency = Enter the currency's code, such as EUR.
upstream-bad-password = 1 to 200 characters, without control characters.
upstream-bad-functions = Family, a dot, what it is for, an equals sign, and the function's name.
upstream-bad-low-balance = An amount of nothing or more, or leave it empty.
upstream-bad-user = A login has no colon: on the way to the vendor it would end there.
upstream-no-user = Enter the login.
upstream-no-name = Enter the name.
upstream-no-url = Enter the address of the interface.
upstream-no-password = Enter the password.
upstream-bad-value = It is missing or cannot be read.
upstream-bad-range = From { $least } to { $most }.
upstream-bad-url = A whole address that begins with https, without user, query and fragment.
upstream-insecure = The address must begin with https: the password travels with every call.
upstream-internal = This is not a public address; use the vendor's https address.
upstream-taken = Another account has this code.
upstream-short-lease = It must be longer than the deadline and both timeouts of a call together.
import-title = Import plans
import-lead = What the vendor sells, compared with the catalog. New plans are not for sale until you put them there.
import-read = Read a table
import-read-button = Compare with the catalog
import-source = From
import-from-list = The vendor's own pricelist
import-from-preset = Shipped table: { $name }
import-from-text = Pasted table
import-family = New plans go to
import-family-hint = As the source says
import-table = Table, if “Pasted table” is chosen
import-table-hint = CSV with code and period at least, or TOML; up to 60 kB. Longer ones go by the server's command line.
import-refused = Nothing was imported
import-bad-family = There is no such family.
import-bad-currency = The table's costs are in another currency than the account's.
import-bad-table = The table cannot be read: { $why }
import-no-list = The vendor's pricelist cannot be read: { $why }
import-stale = The difference is another one by now. Look at it again, then apply it.
import-was-read = The table was read. Below is what it would change.
import-applied = Changes written: { $count }
import-applied-at = Last applied
import-command-line = the command line
import-about = { $source }, plans in it: { $plans }, read by { $author },
import-difference = Difference to the catalog
import-apply = Apply ({ $count })
import-nothing = No difference
import-nothing-text = The catalog says what the table says.
import-change = Change
import-detail = Detail
import-new-plan = New plan
import-new-term = New term, for sale if its plan is
import-new-addon = New add-on, for sale if its plan is
import-cost = Changed cost
import-gone = Not listed any more
import-gone-text = Nothing is deleted.
import-inferred = inferred
import-repriced = Selling prices that follow
import-repriced-text = Rules make these prices from costs. Whoever has ordered keeps the price that was agreed on.
import-price-then = Price then
import-endangered = Prices that would not hold
import-endangered-text = Rules name these prices, and they would be below the cost or the minimum markup. They stay as they are; change the rules before or after.
import-price-now = Price now
import-cost-then = Cost then
import-notes = What is left out
note-unreadable = Row { $row } has no code or no name.
note-twice = { $code }: it is there twice; the first one counts.
note-period = { $code }: a term of an unknown kind, { $text }.
note-cost = { $code }: { $text } is no cost that can be taken over.
note-currency = { $code }: a price in { $text }.
note-addon = { $code }: the add-on “{ $text }” is not counted.
note-no-dialect = { $code }: nothing says which functions sell it. Choose a shipped table for the account.
note-other-dialect = { $code }: { $text } sells it, which the account's function families leave out.
note-no-term-code = { $code }: nothing says the vendor's code of the term: { $text }.
note-no-cost = { $code }: no cost is known: { $text }.
note-no-panel = { $code }: it is for { $text }, which this account does not have.
note-no-fits = { $code }: none of the plans that it is for is there or comes with it.
note-no-price-list = The vendor's pricelist, from which costs come, cannot be read: { $text }
action-upstream-add = Vendor account added
action-upstream-set = Vendor account changed
action-upstream-password = Password at a vendor changed
action-upstream-ping = Connection to a vendor tested
action-upstream-read = Table of a vendor read
action-upstream-import = Plans imported

vendor-paused = Since { $since } UTC. Next try: { $until } UTC.
vendor-silent = Not working
vendor-http = Its server answered with error { $status }.
vendor-late = It gave no answer in time.
vendor-unreached = No connection could be made.
vendor-unreadable = Its answer cannot be read.
vendor-unclear = It gave no clear answer.
vendor-details = Technical details
inbox-bad-day = Enter a day such as 2026-12-31.
inbox-bad-key = This cannot be a key.

# Products at the desk
nav-products = Products
products-title = Products
products-lead = What is sold, on the shelf and off it. What it costs and sells for has its own pages.
products-empty = No products yet
products-empty-text = Import the plans of a vendor account, and they appear here.
product-lead = What customers read about it, whether it is on sale, and when its vendor ends it.
product-family = Family
product-on = For sale
product-off = Off the shelf
product-until = For sale until { $day }
product-text = Texts and sale
product-name = Name
product-paragraphs = Description
product-available = On sale in the catalog
product-available-hint = Licenses that exist go on either way.
product-sale-ends = Last day of sale
product-sale-ends-hint = After this day nobody can order it.
product-renewal-ends = Last day of renewal
product-renewal-ends-hint = Owners are told of it on their license.
product-fits = Made for licenses of
product-product = Product that it is an edition of
product-product-hint = A license can change to another plan of the same product at the same vendor. Leave it empty where the vendor changes nothing.
product-bad-product = At most 60 characters, in one line.
product-withheld = What its licenses cannot do
product-withheld-hint = The vendor has functions for all of this. Tick what it refuses for this plan, so that nobody is offered it.
product-service-name = Name that panels know it by
product-service-name-hint = The code that panels use, such as DDoSGUARD.
product-save = Save
product-done = Saved; pages show it at once.
product-refused = Not saved
product-forbidden = Your role cannot change products.
product-stale = Somebody else has saved it meanwhile. Look at it as it is now, and enter your change again.
product-bad-text = Enter a text in English that is not too long.
product-bad-service = Letters, digits and signs without blanks, up to 60.
product-bad-day = Enter a day such as 2026-12-31.
product-bad-ends = It cannot be renewed for less long than it is sold.
product-bad-fits = Choose at least one.
product-number = Our number
product-code = Vendor's code
wire-title = How it is bought
wire-lead = Codes, terms, add-ons and fields at the vendor
wire-hint = What the vendor calls it. Codes can change only while nothing is under way for this plan: a purchase is found again by the code that it was sent with.
wire-functions = Functions
wire-functions-hint = The vendor's functions that sell it. They stay while it has licenses.
wire-needs-ip = The order names the server's address, where the functions have one
wire-has-key = The vendor delivers a key
wire-terms = The vendor's codes of the terms
wire-terms-hint = Empty where the number of months is the code. The 2009 generation sells no term without one.
wire-term = Code of the term: { $term }
wire-part-code = { $what }: vendor's code
wire-addon-base = { $what }: included
wire-addon-max = { $what }: at most, with what is included
wire-addon-step = { $what }: step
wire-field = Field of the order { $number }
wire-field-new = One more field of the order
wire-field-kind = { $what }: what belongs into it
wire-kind-text = A line of text
wire-kind-email = An e-mail address
wire-save = Save how it is bought
wire-bad = The vendor could not read this. Codes have no blanks, counts fit together, names are there in English, and a field's code is said only once.
wire-under-way = Something is under way for this plan: its codes stay until that has ended. See Operations.
wire-living = The plan has licenses, which live by the functions that they were bought by.
wire-counts = Licenses exist whose counts would not fit: they could not be renewed.
wire-unspoken = These functions are not among the function families of the plan's vendor account. An owner can add them there.
wire-taken = This vendor account sells another plan by that code.
import-term-code = Other code of a term
import-under-way = Something is under way for a plan whose codes would change. Apply it when that has ended; see Operations.
product-in-shop = In the shop
text-in-english = { $what } in English
text-in-russian = { $what } in Russian
families-title = Families
families-lead = The headings of the catalog, with one line about each.
families-empty = No families yet
families-empty-text = An import makes those it needs; you can also add one below.
family-summary = One-line description
family-products = Its products
family-new = A new family
family-add = Add the family
family-lead = The heading in the catalog and the one-line description below it.
family-bad-code = Another family has this code, or it cannot be one.
effect-delete-stops = Until then it is only suspended; taking it back starts it again.
inbox-needs-day = Enter the last day that the vendor shows; it is later than before.
upstream-busy = Something is under way at this vendor. Change it when that is settled.
