# Keystall, по-русски. Те же сообщения под теми же именами и в том же порядке, что в en/portal.ftl.

## Frames

shell-skip = К содержанию
shell-main-nav = Основное
shell-footer-nav = Внизу страницы
shell-breadcrumbs = Где вы находитесь
shell-menu = Меню
shell-close-menu = Закрыть меню
shell-account = Учётная запись
shell-sign-in = Войти
shell-sign-out = Выйти
shell-balance = Доступно
shell-on-hold = В резерве { $amount }
shell-language = Язык
shell-theme-dark = Тёмная тема
shell-theme-light = Светлая тема
demo-banner = Демо: условные цены, условные деньги и имитация поставщика.
footer-note = Keystall продаёт лицензии на программы для хостинга. Вы платите ровно ту цену, которую видите, а о том, что продлевается само, сказано до покупки.

nav-catalog = Каталог
nav-ask = Написать нам
nav-overview = Обзор
nav-licenses = Лицензии
nav-orders = Заказы
nav-wallet = Кошелёк
nav-desk = Панель сотрудника
open-desk = Открыть панель сотрудника
nav-mail = Почта
go-home = На главную
go-catalog = Открыть каталог
go-on = Продолжить
buy-a-license = Купить лицензию

## Values

price-free = Бесплатно
price-month-only = Только помесячно
price-year = { $price } в год
price-year-saving = { $price } в год, −{ $percent } %
saving = −{ $percent } %
per-month = в месяц
per-year = в год
per-months =
    { $count ->
        [one] за { $count } месяц
        [few] за { $count } месяца
       *[many] за { $count } месяцев
    }
per-trial = на пробу
per-lifetime = один раз
period-trial = Пробный период
period-lifetime = Бессрочно
period-months =
    { $count ->
        [one] { $count } месяц
        [few] { $count } месяца
       *[many] { $count } месяцев
    }
seconds = { $count } с
no-server = Любой сервер
none-yet = Пока нет
paid-until-unknown = Не указано
customer-number = Клиент { $number }

## Columns

col-order = Заказ
col-plan = Тариф
col-server = Сервер
col-status = Состояние
col-price = Цена
col-cost = Закупка
col-margin = Маржа
col-margin-share = Маржа, % от цены
col-customer = Клиент
col-license = Лицензия
col-paid-until = Оплачена до
col-what = Операция
col-when-utc = Когда, UTC
col-amount = Сумма
col-available = Доступно после
col-mail = Письмо
col-written = Написано
col-text = Текст

## Lists

pager-label = Страницы
pager-newest = В начало
pager-older = Дальше
filter-any = Все
filter-apply = Применить
filter-reset = Показать все
filter-fold = Фильтр и сортировка

## Front page

home-title = Лицензии на панели хостинга за секунды, и каждый цент на счету
home-lead = Платите из одного кошелька и следите за заказом шаг за шагом. Деньги списываются, только когда поставщик подтвердил лицензию. Не подтвердил — они снова ваши.
home-description = Лицензии ispmanager, VMmanager, BILLmanager и других программ для хостинга: оплата из одного кошелька, выдача сразу, списание только за готовую лицензию.
home-browse = Открыть каталог
home-trial = Попробовать ispmanager бесплатно
home-everything = Посмотреть весь каталог
home-all-plans =
    { $count ->
        [one] Весь { $count } тариф
        [few] Все { $count } тарифа
       *[many] Все { $count } тарифов
    }
proof-caption = Пример заказа
proof-sent-text = На адрес вашего сервера
proof-charged-text = Только теперь списано { $amount }
proof-key-text = На странице и в письме
trust-genuine = Подлинные
trust-genuine-text = Заказываем у поставщика на адрес вашего сервера, у каждой лицензии свой ключ.
trust-money = Нет лицензии — нет списания
trust-money-text = Сначала цена откладывается. Чего поставщик не выдал, то снова ваше.
trust-once = Никогда не покупаем дважды
trust-once-text = Если ответ потерялся, мы сначала проверяем у поставщика и только потом отправляем снова.

## Catalog

catalog-title = Каталог
catalog-lead = Все тарифы с ценами. Позже ничего не прибавляется.
catalog-description = Все тарифы с ценами за месяц и за год: панели для хостинга, виртуальных машин и дата-центров, биллинг, DNS и IP-адреса.
catalog-families = Семейства продуктов
catalog-empty = На полках пусто
catalog-empty-text = Сейчас ничего не продаётся. Купленные лицензии продолжают работать. Загляните, пожалуйста, позже.
card-choose = Выбрать

## Product

product-description = { $name }: { $tagline }. Цена, сроки и выдача лицензии.
product-about = Что это
product-addons = Что можно добавить
product-addons-text = Указывается общее число для лицензии, вместе с тем, что уже входит.
product-server = Условия
product-after = Что будет после покупки
addon-included =
    { $base ->
        [0] До { $max }
       *[other] Входит { $base }, всего до { $max }
    }
addon-each = Каждый следующий { $prices }
addon-hint =
    { $base ->
        [0] { $prices }
       *[other] Входит { $base }. { $prices }
    }
addon-fewer = Меньше: { $name }
addon-more = Больше: { $name }
server-address = Адрес
server-works-with = Подходит к
server-ip = Публичный IPv4
server-ip-hint = Лицензия работает только на нём.
server-any = Любой
server-any-hint = Лицензия не привязана к адресу.
server-terms = Сроки
server-terms-hint = Следующий платёж будет, только если вы продлите сами или включите автопродление.
server-pay = Оплата
server-payment = Из кошелька, в { $currency }
server-payment-hint = Списывается ровно та цена, которую вы видите.
server-payment-free = Платить не нужно
server-payment-free-hint = Кошелёк может быть пустым.
period-hint-trial = Один раз для одного адреса сервера, без продления
period-hint-lifetime = Оплата один раз
period-hint-months = { $price } в месяц
after-reserve = Откладываем цену
after-reserve-text = Деньги остаются в вашем кошельке, в резерве, пока поставщик не подтвердит лицензию.
after-reserve-module = Деньги остаются в вашем кошельке, в резерве, пока поставщик не подтвердит модуль.
after-free = Записываем заказ
after-free-text = Платить не нужно, поэтому ничего и не резервируем.
after-order = Заказываем у поставщика
after-order-text = Обычно это секунды. Страницу можно закрыть: когда появится ключ, мы напишем.
after-order-module = Обычно это секунды. Страницу можно закрыть: модуль появится на странице лицензии.
after-order-license = Обычно это секунды. Страницу можно закрыть: лицензия появится среди ваших.
after-module = Вы получаете модуль
after-license = Вы получаете лицензию
after-key = Вы получаете ключ
after-key-text = Только теперь цена списывается. Если поставщик откажет, резерв освободится, как только станет ясно, что ничего не куплено.
after-renewed = Дальше поставщик продлевает сам
after-renewed-text = Каждый следующий срок до удаления списывается с кошелька по его цене на тот день.
after-key-free-text = Он будет на странице лицензии вместе с подсказкой по активации. Если поставщик откажет, мы скажем почему.

form-title = Купить { $name }
form-period = На какой срок
form-ip = IP сервера
form-ip-hint = Публичный IPv4-адрес, например 203.0.113.10. Лицензия привязывается к нему.
form-check = Проверить
form-checking = Спрашиваем поставщика…
form-name = Название
form-optional = необязательно
form-name-hint = Чтобы узнавать её в списке, например web-1.
form-total = Итого сейчас
form-balance = Доступно
form-becomes = станет
form-buy = Купить за { $price }
form-buy-free = Получить бесплатно
form-guest = Вход на следующей странице, заказ сохранится.
form-missing = Не хватает { $missing }
form-top-up = Пополнить
form-fine = Один платёж за выбранный срок. Продлится, только если вы сами это включите.
form-no-script = Без JavaScript итог показан для выбора, с которым открылась страница. Если ваш выбор стоит иначе, вы увидите новый итог до заказа.

## Refused orders

buy-refused-title = Ничего не заказано и ничего не списано
buy-staff = Вы вошли как сотрудник. Лицензии покупают из учётной записи клиента.
buy-no-period = Выберите срок.
buy-bad-count = В таком количестве этот тариф не продаётся. Выберите другое.
buy-bad-name = Не больше 100 знаков, без переносов строк.
buy-form-broken = Страница устарела и обновлена. Всё введённое сохранено: нажмите кнопку ещё раз.
buy-price-changed = Итог для этого выбора: { $price }. Если согласны, нажмите кнопку ещё раз.
buy-renewal-changed = Пока страница была открыта, изменилось, кто продлевает эту лицензию. Прочитайте об этом ниже; если согласны, нажмите кнопку ещё раз.
buy-not-enough = В кошельке доступно { $available }, не хватает { $missing }. Пополните его и закажите снова.
buy-form-used = По этой форме уже был заказ, поэтому второй раз она не отправлена. Если нужна ещё одна лицензия, нажмите кнопку ещё раз.
buy-already-ordered = На этот адрес у вас уже есть лицензия или открытый заказ такого тарифа. Найдите её среди лицензий или укажите другой адрес.

ip-missing = Укажите адрес сервера.
ip-malformed = Это не IPv4-адрес. Он выглядит так: 203.0.113.10.
ip-not-public = Этот адрес недоступен из интернета. Укажите публичный адрес сервера.
ip-free = Поставщик принимает этот адрес.
ip-refused = Поставщик откажет для этого адреса: { $said }
ip-unchecked = Поставщик сейчас не отвечает. Заказать всё равно можно: если он откажет, ничего не спишется.

## Signing in

field-email = Электронная почта
field-password = Пароль
login-title = Вход
login-new = Впервые здесь?
login-join = Создать учётную запись
login-refused-title = Войти не получилось
login-wrong = Неверный адрес почты или пароль. Проверьте оба и попробуйте снова.
login-too-many = Слишком много попыток. Подождите минуту и попробуйте снова.
login-forgot = Забыли пароль? Напишите нам:
login-order-kept = Ваш заказ сохранён
login-order-kept-text = После входа вы вернётесь к нему, и всё останется заполненным. Ничего не списано.
login-demo = Вход в демо
login-demo-customer = Клиент
login-demo-staff = Сотрудник
login-demo-password = Пароль для обоих

join-title = Новая учётная запись
join-known = Уже есть учётная запись?
join-email-hint = Пришлём на этот адрес ссылку для подтверждения. Заказывать можно, не дожидаясь её.
join-password-hint = Не короче { $min } знаков. Несколько слов подряд легко запомнить и трудно угадать.
join-button = Создать учётную запись
join-refused-title = Учётная запись не создана
join-bad-email = Укажите адрес вида name@example.net.
join-bad-password = Нужно от { $min } до { $max } знаков.
join-common-password = Такой пароль пробуют одним из первых. Придумайте другой, который труднее угадать.

verify-done = Адрес почты подтверждён
verify-done-text = Теперь он принадлежит только вашей учётной записи.
verify-spent = Ссылка больше не действует
verify-spent-text = По ней уже переходили, или ей больше двух дней. Если адрес почты уже подтверждён, делать ничего не нужно.

## Overview

overview-title = Обзор
overview-problems =
    { $count ->
        [one] { $count } заказ идёт дольше обычного
        [few] { $count } заказа идут дольше обычного
       *[many] { $count } заказов идут дольше обычного
    }
overview-problems-text = От вас ничего не требуется. Деньги остаются в резерве и списываются только за купленное.
overview-unproved = Подтвердите адрес почты
overview-unproved-text = Мы отправили ссылку на { $email }. Перейдите по ней, чтобы этот адрес почты не смог занять никто другой.
overview-under-way =
    { $count ->
        [0] Нет заказов в работе
        [one] { $count } заказ в работе
        [few] { $count } заказа в работе
       *[many] { $count } заказов в работе
    }
overview-licenses = Лицензии
overview-orders = Последние заказы
overview-all-orders = Все заказы
overview-all-licenses = Все лицензии
overview-expiring = Ближайшие сроки
overview-empty = Здесь пока пусто
overview-empty-text = Выберите тариф и укажите адрес сервера. Заказы и лицензии появятся здесь.

## Orders

orders-title = Заказы
orders-lead = Всё, что вы заказали. Время по UTC.
orders-empty = Заказов пока нет
orders-empty-text = Понадобится только адрес сервера. За каждым заказом можно следить здесь, пока не придёт ключ.
order-back = { $amount } снова в вашем кошельке
order-title = Заказ { $number }
order-what = { $plan } для { $ip }, { $period }
order-link = заказ { $number }
order-what-anywhere = { $plan }, { $period }
order-again = Заказать снова
order-progress = Ход заказа
order-open-license = Открыть лицензию
order-no-script = Без JavaScript страница не обновляется сама.
order-reload = Обновить
order-summary = Что заказано
order-payment = Оплата
order-line-addon = { $name }, ещё { $count }
order-total = Итого
order-charged = Списано
order-returned = Не списано
fact-name = Название
fact-period = Срок
fact-placed = Оформлен

order-says-working = Заказываем у поставщика. { $amount } в резерве вашего кошелька и пока не потрачены.
order-says-working-free = Заказываем у поставщика. Платить не нужно.
order-says-checking = Поставщик не дал ясного ответа. { $amount } остаются в резерве и не потрачены, пока мы выясняем, создана ли лицензия. Дважды ничего не покупается.
order-says-checking-free = Поставщик не дал ясного ответа. Выясняем, создана ли лицензия. Платить не нужно.
order-says-next = Следующая проверка: { $at }.
order-says-refused = Поставщик отказал. Убеждаемся, что ничего не куплено, и тогда { $amount } из резерва снова ваши.
order-says-review = Заказом занимается наш сотрудник. { $amount } остаются в резерве, пока всё не решится. От вас ничего не требуется.
order-says-review-free = Заказом занимается наш сотрудник. Платить не нужно, и от вас ничего не требуется.
order-says-parked = Заказ задержался на нашей стороне и продолжится сам. { $amount } в резерве и не потрачены.
order-says-parked-free = Заказ задержался на нашей стороне и продолжится сам. Платить не нужно.
order-says-key-soon = Лицензия куплена, поставщик готовит ключ. Он появится здесь, и мы вам напишем.
order-says-done = Готово. Списано { $amount }.
order-says-done-free = Готово. Платить не пришлось.
order-says-rejected = Поставщик не создал эту лицензию. { $amount } снова в вашем кошельке, можно заказать ещё раз.
order-says-rejected-free = Поставщик не создал эту лицензию. Ничего не списано, можно заказать ещё раз.
order-says-cancelled = Вы отменили заказ до отправки. { $amount } снова свободны в вашем кошельке.
order-says-cancelled-free = Вы отменили заказ до отправки. Ничего не списано.
order-take-back-text = Поставщику ещё ничего не отправлено.

status-planned = Оформлено
status-sent = Заказываем
status-unknown = Проверяем
status-confirmed = Подтверждено
status-delivered = Выдано
status-rejected = Не куплено
status-review = У сотрудника
status-parked = Задержка
status-cancelled = Отменено

step-placed = Заказ оформлен
step-reserved = { $amount } в резерве
step-reserved-text = Отложены в кошельке; списываются, только когда поставщик подтвердит
step-sent = Отправлено поставщику
step-not-sent = Поставщик был недоступен
step-not-sent-text = Ничего не отправлено, попробуем ещё раз.
step-refused = Поставщик отказал
step-refused-text = Его словами: { $said }
step-unclear = Нет ясного ответа
step-unclear-text = Лицензия могла появиться. Сначала посмотрим, потом решим, отправлять ли снова.
step-absent = Проверили у поставщика: её там нет
step-resend = Точно не куплено, заказываем ещё раз
step-confirmed = Поставщик подтвердил лицензию
step-found = Лицензия нашлась у поставщика
step-found-text = Потерялся только его ответ.
step-key = Ключ выдан
step-key-later = Выдача ключа
step-rejected = Не куплено, { $amount } снова свободны
step-rejected-free = Не куплено
step-cancelled = Отменено, { $amount } снова свободны
step-cancelled-free = Отменено
step-decided = Решено нашим сотрудником
step-already = Так уже было, отправлять ничего не пришлось
step-item = Подготовлено у поставщика, дальше оплата
step-parked = Ждёт на нашей стороне
step-parked-text = Пока ничего не куплено. Продолжится само.
step-resumed = Продолжаем
step-taken-back = Поставщик отозвал срок, его цена снова в кошельке
step-review = Передано нашему сотруднику
step-next-send = Вот-вот отправим поставщику
step-next-answer = Ждём ответа поставщика
step-next-look = Проверяем у поставщика, куплена ли лицензия
step-next-parked = Ждёт на нашей стороне
step-next-key = Ждём ключ
state-done = готово
state-current = идёт сейчас
state-waiting = ещё впереди
state-failed = не получилось
state-unclear = пока неясно
state-review = решает человек

## Licenses

licenses-title = Лицензии
licenses-empty = Лицензий пока нет
licenses-empty-text = Выберите тариф и укажите адрес сервера. Ключ появится здесь, как только поставщик его выпустит.
license-ordered = Заказана
license-active = Активна
license-suspended = Приостановлена
license-deleted = Удалена
license-processing = Создаётся
license-says-active = Работает, оплачена до { $day }.
license-says-active-on = Работает на { $ip }, оплачена до { $day }.
license-says-active-open = Работает.
license-says-suspended = Поставщик приостановил её, панель может не работать.
license-says-deleted = Поставщик удалил её, ключ больше не действует.
license-says-processing = Поставщик ещё создаёт её. От вас больше ничего не нужно.
license-key = Ключ
license-show-key = Показать ключ
license-key-soon = Ключ в пути
license-key-soon-text = Поставщик ещё не выпустил ключ. Он появится здесь, и мы вам напишем. Покупка в сохранности.
license-key-secret = Лицензией может пользоваться любой, у кого есть ключ. Никому его не показывайте.
copy-key = Скопировать
copied = Скопировано
license-activate = Как активировать
activate-install = Установите панель
activate-install-text = На сервер с адресом { $ip }. Лицензия работает только там.
activate-install-anywhere = На любой ваш сервер.
activate-enter = Введите ключ
activate-enter-text = Панель спросит его при первом открытии. Позже его можно сменить в настройках лицензии панели.
activate-check = Дайте панели его проверить
activate-check-address = Дайте панели найти лицензию
activate-check-text = Она спросит поставщика и сразу заработает. Для этого серверу нужен выход в интернет.
license-summary = Сводка
license-deleted-on = Будет удалена { $day }
license-checked = Сверено с поставщиком
license-not-checked = Ещё нет
fact-license-number = Номер
fact-bought = Куплена
fact-order = Заказ

## Wallet

wallet-title = Кошелёк
wallet-lead = Ваш предоплаченный баланс и все движения по нему.
wallet-currencies = Валюты
wallet-available = Доступно
wallet-available-hint = Можно тратить
wallet-held = В резерве
wallet-held-hint = На заказы в работе
wallet-credit = Кредитный лимит
wallet-spendable = Настолько можно уйти в минус: всего на траты { $amount }
desk-wallet-title = Кошелёк: { $name }
desk-wallet-lead = Что поступило, отложено, списано и возвращено, и по какой причине.
desk-wallet-spendable = Настолько кошелёк может уйти в минус: всего на траты { $amount }
top-up-title = Пополнение
top-up-demo = В демо никто не платит. Войдите как { $staff }, откройте «Клиенты» и пополните этот кошелёк.
top-up-text = Оплаты на сайте пока нет: пополнения вручную проводят наши сотрудники. Сообщите сумму и ваш адрес { $email } своему менеджеру. Деньги появятся в выписке, как только их проведут.
statement-title = Выписка
statement-empty = Движений пока нет
statement-empty-text = Здесь с причиной появится каждый цент: поступивший, зарезервированный, списанный и возвращённый.
moved-in = Пополнение
moved-back = Возвращено
change-link = { $what }, лицензия { $number }
moved-out = Изъятие
moved-held = В резерв
moved-held-text = Отложено на оплату
moved-captured = Списано
moved-captured-text = Взято из резерва
moved-released = Возвращено из резерва
moved-released-text = Ничего не куплено

## Errors

error-inside = Что-то сломалось на нашей стороне, и ничего не изменилось. Попробуйте, пожалуйста, чуть позже.
error-400-title = Запрос неполный
error-400-text = В нём чего-то не хватило, поэтому ничего не сделано и ничего не списано. Вернитесь и попробуйте ещё раз.
error-403-title = Это вам недоступно
error-403-text = Ничего не сделано и ничего не списано. Если вы отправляли нашу форму, откройте её страницу заново и отправьте ещё раз.
error-404-title = По этому адресу ничего нет
error-404-text = Возможно, ссылка устарела или в ней опечатка. Ваши деньги и лицензии на месте.
error-404-text-plain = Возможно, ссылка устарела или в ней опечатка.
error-503-title = Скоро вернёмся
error-503-text = Портал сейчас не видит свою базу данных. С вашими заказами и деньгами ничего не происходит: обновите страницу через минуту.
error-500-title = Не получилось, и это наша вина
error-500-text = Отправленное могло не выполниться. Прежде чем пробовать снова, загляните в заказы: заказ, который там есть, в сохранности и дважды не купится.

## Desk

desk-title = { $page }, панель сотрудника
desk-search = Заказ, почта, имя, сервер
desk-orders-title = Заказы
desk-orders-lead = Всё, что заказали клиенты. Время по UTC.
desk-orders-empty = Заказов пока нет
desk-orders-empty-text = Как только клиент что-нибудь закажет, заказ появится здесь.
desk-order-history = История
desk-order-evidence = Отправлено и получено
desk-order-nothing-sent = Поставщику пока ничего не отправляли.
desk-order-money = Деньги
desk-order-facts = У поставщика
attempt-title = Попытка { $number }: { $outcome }
attempt-no-outcome = итога пока нет
attempt-confirmed = подтверждено
attempt-refused = отказ
attempt-unknown = нет ясного ответа
attempt-not-sent = не отправлено
attempt-unanswered = Ответа нет
attempt-sent = Отправлено: { $at }
attempt-answered = Получено: { $at }
desk-order-ordered = Что заказано
money-free = Бесплатно: деньги не движутся.
money-reserved = { $amount } в резерве кошелька клиента.
money-captured = { $amount } списано с кошелька клиента.
money-released = { $amount } снова свободны в кошельке клиента.
fact-vendor-account = Аккаунт поставщика
fact-vendor-number = Номер у поставщика
fact-pricelist = Прайс-лист
fact-pricelist-version = Группа «{ $group }», версия { $version }
fact-reference = Наша метка
fact-operation = Операция
fact-vendor-said = Слова поставщика
fact-next-look = Следующая проверка

credit-title = Пополнить вручную
credit-now = Сейчас { $balance }
credit-amount = Сумма
credit-amount-hint = Например 25,00
credit-currency = Валюта
credit-reason = Причина
credit-reason-hint = Клиент прочитает её в выписке.
credit-button = Пополнить кошелёк
credit-done = Пополнено. Баланс ниже уже с этой суммой.
credit-bad-amount = Укажите сумму больше нуля и не больше 100 000, например 25,00.
credit-bad-reason = Объясните, за что: от 3 до 500 знаков.
credit-forbidden = Ваша роль позволяет смотреть кошельки, но не пополнять их. Обратитесь к владельцу или в поддержку.
credit-form-used = По этой форме уже проведено другое пополнение. Сверьтесь с балансом и отправьте ещё раз.

limit-none = Без кредита в { $currency }
limit-now = Можно уйти в минус на { $limit }
limit-amount = Новый лимит, { $currency }
limit-hint = Насколько этот кошелёк может уйти в минус. Ноль отменяет кредит.
limit-reason = Почему такой лимит
limit-button = Задать лимит
limit-done = Лимит задан и действует со следующего заказа.
limit-bad-amount = Укажите сумму от 0 до 100 000, например 250,00.
limit-used = Клиент уже в минусе на { $used }: лимит не может быть меньше.
limit-forbidden = Разрешать клиентам минус могут только владельцы.

desk-mail-title = Почта
desk-mail-lead = Что портал пишет клиентам. Время по UTC.
desk-mail-empty = Писем пока нет
desk-mail-empty-text = Здесь появятся письма о новых учётных записях и выданных ключах.
mail-sent = Отправлено
mail-waiting = Ждёт
mail-failed = Пробуем снова

## Prices

nav-pricelists = Прайс-листы
nav-costs = Закупочные цены
by-the-portal = портал
optional = необязательно
col-group = Группа
col-version = Версия
col-drafts = Сейчас правит
col-unsold = Не продаётся
col-customers = Клиенты
col-rule = Правило
col-sets = Формула
col-decides = Сколько цен
col-actions = Действия
col-family = Семейство
col-before = Было
col-after = Станет
col-change = Разница
col-margin-after = Маржа после, % от цены
col-author = Автор
col-note = Заметка
col-rules = Правила
col-source = Источник
col-since = Действует с
col-unit = Срок
col-reason = Причина
sort-shelf = Как на витрине
sort-shelf-down = С конца витрины
pricelists-title = Прайс-листы
pricelists-lead = По одному на группу клиентов. Каждая цена получается из закупочной по самому точному из подходящих правил. Время по UTC.
group-public = Гости и новые клиенты
group-public-name = Публичная
group-new = Новая группа
group-refused = Группа не создана
group-name = Название
group-name-hint = Для сотрудников, например «Партнёры».
code = Код
code-hint = Строчные латинские буквы, цифры и дефис; потом не меняется.
group-like = Начать с цен группы
group-like-hint = Цены копируются: дальше списки живут отдельно.
group-create = Создать группу
code-bad = От 1 до 40 строчных латинских букв, цифр и дефисов.
group-code-taken = Группа с таким кодом уже есть.
group-bad-name = Введите название от 1 до 80 символов.
group-unknown = Выберите одну из групп.
version-number = Версия { $number }
version-in-force = Действует
version-lead = Опубликована { $at } UTC, автор: { $author }.
version-restored = Возвращает версию { $version }
version-restore = Вернуть эту версию
version-settings = Не ниже закупочной цены плюс { $margin }. Округление: { $rounding }.
versions-title = Версии
versions-lead = Всё, что было опубликовано, начиная с последней. Заказы сохраняют цены, по которым оформлены. Время по UTC.
pricelist-lead =
    Версия { $version }, опубликована { $at } UTC, автор: { $author }. { $customers ->
        [0] По этим ценам пока никто не платит.
        [one] По этим ценам платит { $customers } клиент.
        [few] По этим ценам платят { $customers } клиента.
       *[many] По этим ценам платят { $customers } клиентов.
    }
rules-title = Правила
rules-hint = Если подходит несколько правил, цену задаёт самое точное.
rules-empty = Правил ещё нет
rules-empty-text = Без правила нет цены, а без цены нет продажи. Начните с правила для всего сразу.
rule-idle = Сейчас ни на что не влияет
rule-unpublished = Ещё не действует
rules-gone = Убрано вашими изменениями, но ещё действует: { $rules }.
rule-everything = Всё
rule-family = { $family }: все тарифы
rule-product = { $product }: все редакции
rule-no-addon = Любое или без него
rule-any-period = Любой
rule-change = Изменить
rule-remove = Удалить
rule-cancel = Отмена
rule-form-unfold = Для всего, семейства, продукта, тарифа, срока или дополнения
rule-form-new = Добавить правило
rule-form-change = Изменить правило { $number }
rule-subject = К чему относится
rule-addon = Дополнение
rule-period = Срок
rule-kind = Цена
rule-value = Значение
rule-value-hint = Проценты или сумма, например 40 или 4,90.
rule-currency = Валюта
rule-currency-hint = Для суммы: правило действует только на закупочные цены в этой валюте.
rule-below-cost = Можно продавать ниже закупочной
rule-below-cost-hint = Для фиксированной цены, на которой вы сознательно теряете деньги.
rule-below-cost-what = Ниже закупочной может быть только фиксированная цена.
rule-save = Сохранить правило
rule-add = Добавить правило
rule-unknown-scope = В каталоге нет ничего подходящего. Выберите тариф, срок и дополнение, которые бывают вместе.
rule-bad-percent = Введите процент от 0 до 1000, не больше двух знаков после запятой.
rule-bad-amount = Введите сумму от нуля, с точностью до копейки или цента, например 4,90.
rule-too-wide = Фиксированной цене нужен тариф или дополнение: не может всё стоить одинаково.
rule-duplicate = Ровно об этом уже есть правило. Измените его.
kind-percent = Закупочная плюс процент
kind-fixed = Закупочная плюс сумма
kind-explicit = Фиксированная цена
markup-percent = закупочная + { $percent }
markup-fixed = закупочная + { $amount }
markup-explicit-below = { $amount }, можно ниже закупочной
rounding-cent = до цента
rounding-whole = вверх до целых
rounding-90 = вверх до ,90
rounding-99 = вверх до ,99
rounding-as-all = Как у остальных
settings-title = Округление и минимальная наценка
settings-margin = Минимальная наценка, % к закупочной
settings-margin-hint = Ниже закупочной плюс столько процентов не опустится ни одна цена, если правило прямо не разрешает.
settings-rounding = Округление
settings-rounding-of = Округление, { $currency }
settings-save = Сохранить
prices-title = Цены
prices-none = Здесь нет цен
price-unit-addon = Дополнение: { $addon }, { $period }
price-not-sold = Не продаётся
price-below-cost = Ниже закупочной
price-set = Задать цену
price-was = было { $price }
price-was-none = не продавалось
filter-show = Показать
filter-unsold = Не продаются
filter-loss = Продаются в убыток
explain = Объяснить
explain-cost = Нам это стоит { $cost }.
explain-rule = Правило { $number } ({ $scope }: { $markup }) даёт { $price }.
explain-overruled =
    { $count ->
        [one] Правило { $numbers } тоже об этом, но оно менее точное.
        [few] Правила { $numbers } тоже об этом, но они менее точные.
       *[many] Правила { $numbers } тоже об этом, но они менее точные.
    }
explain-floor = Наименьшая допустимая цена, закупочная плюс { $percent }: { $floor }.
explain-raised = Это меньше закупочной плюс { $percent }, поэтому цена поднята до { $floor }.
explain-below-floor = Это меньше { $floor }, обычной нижней границы, но правило это разрешает.
explain-rounding = Округление { $rounding }: { $price }.
explain-no-rounding = Фиксированная цена не округляется: { $price }.
explain-public = За модуль никто не платит больше публичной цены, которую показывают панели: берётся { $price }.
explain-no-rule = Об этом нет правила, поэтому нет цены, и оно не продаётся.
explain-no-cost = Закупочная цена за этот срок неизвестна, поэтому цены нет.
explain-out-of-range = Результат больше любой возможной цены.
explain-refused = Правило { $number } ({ $scope }) даёт { $price }, а это ниже допустимых { $floor }. Продажи нет, пока цена не поднимется или правило не разрешит продавать ниже закупочной.
prices-refused = Ничего не изменено
rule-not-added = Правило не добавлено
rule-not-changed = Правило не изменено
prices-not-published = Ничего не опубликовано
prices-forbidden = Ваша роль позволяет смотреть цены, но не менять их. Обратитесь к владельцу или к тому, кто отвечает за цены.
prices-stale = Страница устарела: цены изменили в другом окне или другой сотрудник. Теперь она показывает, как есть; посмотрите и повторите.
prices-draft-in-the-way = У вас есть неопубликованные изменения этого прайс-листа. Сначала опубликуйте их или отбросьте.
prices-nothing-changes = Это ничего не меняет.
prices-no-draft = Публиковать уже нечего: черновик опубликовали или отбросили в другом окне.
prices-overtaken = Пока вы правили предыдущую версию, { $author } опубликовал(а) версию { $version }. Ваши изменения сохранены, действует новая версия. Чтобы продолжить, наложите свои изменения на неё.
prices-below-cost =
    { $count ->
        [one] { $count } цена ниже закупочной с минимальной наценкой. Поднимите её или разрешите это в правиле.
        [few] { $count } цены ниже закупочных с минимальной наценкой. Поднимите их или разрешите это в правилах.
       *[many] { $count } цен ниже закупочных с минимальной наценкой. Поднимите их или разрешите это в правилах.
    }
prices-note-long = Заметка должна быть короче 500 символов.
prices-published = Действует версия { $version }.
prices-discarded = Ваши изменения отброшены. Опубликовано ничего не было.
prices-others = Этот прайс-лист сейчас правит { $names }. Кто опубликует вторым, узнает об этом.
prices-draft-title = Ещё не опубликовано
prices-draft =
    { $count ->
        [0] Ваши изменения не затрагивают ни одной цены.
        [one] Ваши изменения затрагивают { $count } цену. Клиенты пока платят опубликованную.
        [few] Ваши изменения затрагивают { $count } цены. Клиенты пока платят опубликованные.
       *[many] Ваши изменения затрагивают { $count } цен. Клиенты пока платят опубликованные.
    }
prices-review = Проверить и опубликовать
prices-discard =
    { $count ->
        [0] Отбросить мои изменения
        [one] Отбросить { $count } изменение цены
        [few] Отбросить { $count } изменения цен
       *[many] Отбросить { $count } изменений цен
    }
prices-rebase = Наложить мои изменения на версию { $version }
review-title = Проверка
review-lead = Что изменит версия { $next }. Прежние заказы сохранят свои цены.
review-back = Править дальше
review-restored = Так вернётся версия { $version }.
review-clashes =
    { $count ->
        [one] Вы оба изменили { $count } правило или настройку. Взят ваш вариант; посмотрите ниже.
        [few] Вы оба изменили { $count } правила или настройки. Взят ваш вариант; посмотрите ниже.
       *[many] Вы оба изменили { $count } правил или настроек. Взят ваш вариант; посмотрите ниже.
    }
review-up = Вырастут
review-down = Снизятся
review-new = Появятся в продаже
review-gone = Уйдут из продажи
review-customers-hint = платят по этим ценам
review-changes = Какие цены изменятся
review-none = Цены не изменятся
review-none-text = Правила другие, но при сегодняшних закупочных ценах всё останется как есть.
publish-title = Публикация
publish-note-hint = Для тех, кто потом будет смотреть версии.
publish-button = Опубликовать версию { $version }
costs-title = Закупочные цены
costs-lead = Сколько мы платим за один срок, в валюте аккаунта поставщика. Время по UTC.
costs-none = Здесь нет закупочных цен
cost-lead = Сколько мы платим и как это менялось. Время по UTC.
cost-initial = Начальная
cost-manual = Вручную
cost-import = Импорт
cost-history = История
cost-change = Изменить закупочную цену
cost-what = Закупочная цена за
cost-unit = { $unit }: { $cost }
cost-new = Новая закупочная цена, { $currency }
cost-preview = Показать последствия
cost-confirm-title = Что изменится
cost-effect =
    { $unit }: было { $before }, станет { $after }. { $count ->
        [0] Цены продажи не изменятся.
        [one] Сразу изменится { $count } цена продажи.
        [few] Сразу изменятся { $count } цены продажи.
       *[many] Сразу изменятся { $count } цен продажи.
    }
cost-reason = Причина
cost-reason-hint = Например, объявление поставщика; останется в истории.
cost-confirm = Изменить закупочную цену
cost-changed = Закупочная цена изменена. Зависящие от неё цены изменились тоже.
cost-refused = Закупочная цена не изменена
cost-bad-amount = Введите сумму от нуля, например 3,50.
cost-stale = Закупочную цену уже изменили: теперь она { $now }. Посмотрите ещё раз.
cost-nothing = Закупочная цена уже такая.

## Mails

mail-link-gone = (Ссылку знает только получатель письма.)
mail-welcome-subject = Добро пожаловать в Keystall: подтвердите адрес
mail-welcome-body =
    Здравствуйте!

    Учётная запись для { $email } готова, заказывать можно прямо сейчас.

    Подтвердите, пожалуйста, что это ваш адрес. Ссылка действует два дня:

    { $link }

    Если вы не создавали учётную запись, ничего не делайте: без подтверждения этот адрес здесь ничей.

    Keystall
mail-known-subject = У вас уже есть учётная запись в Keystall
mail-known-body =
    Здравствуйте!

    Кто-то только что создал учётную запись с адресом { $email }, а он уже ваш.

    Если это были вы, войдите с прежним паролем:

    { $link }

    Если не вы, ничего не делайте: ваш кошелёк и ваши лицензии не изменились.

    Keystall
mail-ready-subject = { $plan }: лицензия готова
mail-ready-body =
    Здравствуйте!

    Ключ { $plan } по заказу { $order } здесь:

    { $link }

    Там же написано, как его активировать.

    Keystall

mail-vendor-balance-subject = { $vendor }: на нашем счёте мало средств
mail-vendor-balance-body =
    Здравствуйте!

    Заказы ждут: нашего баланса у { $vendor } для них не хватает. Ничего не потеряно: деньги клиентов в резерве, а после пополнения заказы продолжатся сами.

    Что ждёт и сколько нужно:

    { $link }

    Keystall

mail-vendor-low-subject = { $vendor }: осталось { $balance }
mail-vendor-low-body =
    Здравствуйте!

    Наш баланс у { $vendor } теперь { $balance }, меньше { $threshold }, о которых вы просили предупредить. Заказы, на которые его не хватит, будут ждать пополнения.

    Наши деньги у всех поставщиков:

    { $link }

    Keystall

mail-renewal-unpaid-subject = { $plan }: не хватает денег на продление
mail-renewal-unpaid-body =
    Здравствуйте!

    Лицензия { $plan } должна продлиться сама до { $day }, но в кошельке не хватает { $missing }. После пополнения она продлится в течение нескольких часов; продлить сразу можно здесь:

    { $link }

    Keystall

## Vendors

nav-vendors = Поставщики
vendors-title = Поставщики
vendors-lead = Наши деньги у них, что их ждёт и в чём их списки расходятся с нашими книгами.
vendors-look = Проверить сейчас
vendors-looking = Балансы и списки прочитаем за несколько секунд. Обновите страницу, чтобы увидеть их.
col-vendor = Поставщик
col-balance = Наш баланс
col-parked = Заказы ждут
col-needed = Нужно на заказы
col-short = Не хватает
findings-none = Расхождений нет
findings-none-text = Каждый час весь список поставщика сверяется с нашими книгами. Что не сойдётся, появится здесь.
findings-paused = Известных расхождений нет
findings-paused-text = Пока поставщик не работает, его список с нашими книгами не сверяется. Что не сойдётся потом, появится здесь.
finding-kind = Что не так
finding-title = { $kind }: № { $number }
finding-orphan = Оплачено у поставщика, возвращено здесь
finding-orphan-text = Поставщик выполнил заказ после того, как мы вернули деньги. Примите лицензию: клиент оплатит и получит её. Или удалите её у поставщика и отметьте это здесь.
finding-stranger = Нам неизвестна
finding-stranger-text = У поставщика есть лицензия, которую мы не заказывали. Её купили мимо портала.
finding-missing = Пропала из списка поставщика
finding-missing-text = Нашей лицензии больше нет в списке поставщика. Само ничего не возвращается.
finding-renewed = Продлена поставщиком
finding-renewed-text = Поставщик сам передвинул последний день и списал за это наши деньги. Спишите срок с клиента или отметьте, что платим мы. Если так не задумано, выключите автопродление у поставщика.
finding-term = Продлена
finding-taken-back = Оплаченный срок не дан
finding-taken-back-text = Продление оплачено, но поставщик больше не показывает этот срок. Верните деньги, и клиент сможет снова продлить лицензию с того же дня. Или решите вопрос с поставщиком и отметьте это здесь.
finding-not-given = Не дан
finding-paid = За него заплачено
finding-give-back = Вернуть деньги
finding-put-right = Решено иначе
finding-charge = Списать за срок
finding-bear = Платим мы
finding-no-price = На такой срок у клиента нет цены, или лицензии больше нет. Задайте цену или возьмите оплату на себя.
finding-busy = По лицензии что-то выполняется. Спишите срок, когда это закончится.
finding-price = Цена заказа
finding-order = Открыть заказ
finding-since = Известно с
finding-seen = Видели в последний раз
finding-adopt = Принять и списать
finding-dismiss = Разобрались
finding-gone = Её нет, отметить удалённой
finding-done = Готово.
finding-refused = Ничего не изменилось
finding-forbidden = Вашей роли это недоступно.
finding-settled = С этим уже разобрались.
finding-not-enough = В кошельке клиента не хватает денег. Сначала пополните его.
finding-number-taken = Этот номер уже принадлежит другой лицензии.
action-finding-settle = разобрал расхождение с поставщиком
license-missing = Лицензии больше нет в списке поставщика
license-missing-text = Наши сотрудники это проверяют. Пока за неё ничего не списывается.
license-unpaid = Начался новый срок, который ещё не оформлен
license-unpaid-text = Поставщик продлил лицензию. Если в кошельке не хватает средств, пополните его; иначе этим займутся наши сотрудники. Тариф и дополнения можно изменить, когда срок будет оформлен.
license-disputed = Поставщик не показывает оплаченный срок
license-disputed-text = Наши сотрудники решат это с поставщиком или вернут деньги. До тех пор за лицензию ничего не списывается.
auto-renew = Продление
auto-renew-vendor = Поставщик продлевает её сам. Это включили на его сайте, поэтому отсюда она не продлевается.
auto-renew-on = Автоматически, за три дня до конца, из кошелька
auto-renew-off = Вручную
auto-renew-start = Включить автопродление
auto-renew-stop = Выключить

## Customers, audit, staff and lists

nav-customers = Клиенты
nav-audit = Журнал
nav-staff = Сотрудники
save = Сохранить
never = Ещё не был
show-all = Показать все

col-licenses = Лицензии
col-joined = С нами с
col-actor = Кто
col-action = Что сделано
col-object = Объект
col-changes = Что изменилось
col-member = Сотрудник
col-last-seen = Последний визит, UTC
col-role = Роль

filter-from = Дата с
filter-to = Дата по
filter-paid-from = Окончание с
filter-paid-to = Окончание по
filter-movement = Вид
filter-sort = Сортировка
filter-bad-day = Выберите день, например 2026-11-21. Последний день не может быть раньше первого.
filter-bad-value = Это значение не прочитать.
filter-order = Номер или сервер
filter-license = Название или сервер
filter-customer = Номер клиента
filter-license-number = Номер лицензии
filter-group = Название или код
filter-finding = Лицензия, имя или почта
filter-upstream = Название, логин или адрес
filter-desk = Номер, сервер, имя или почта
filter-desk-customer = Номер, имя или почта
filter-blocked = Доступ
filter-recipient = Получатель
filter-object-type = Вид объекта
filter-object = Идентификатор объекта
sort-newest = Сначала новые
sort-oldest = Сначала старые
sort-price-down = Сначала дорогие
sort-price-up = Сначала дешёвые
sort-end-up = Раньше заканчиваются
sort-end-down = Позже заканчиваются
sort-name-up = По имени, А–Я
sort-name-down = По имени, Я–А
sort-cost-down = Сначала дорогие для нас
sort-cost-up = Сначала дешёвые для нас
sort-margin-up = Сначала малая маржа
sort-margin-down = Сначала большая маржа
sort-plans-down = Сначала те, где больше продуктов
sort-plans-up = Сначала те, где меньше продуктов
sort-customers-down = Сначала многолюдные
sort-customers-up = Сначала малолюдные
list-no-match = Ничего не нашлось
list-no-match-text = Под этот фильтр ничего не подходит. Текст сравнивается с началом имени или адреса.
list-past = Дальше пусто
list-past-text = Список кончился раньше этой страницы. Возможно, с прошлого раза он изменился.
list-bad = В адресе страницы что-то непонятное
list-bad-text = Часть фильтра, порядок или место в списке не прочитать, поэтому ничего не показано. Исправьте отмеченные поля или покажите всё.
csv-link = CSV
csv-hint = Всё, что показывает фильтр, со всех страниц, не больше 100 000 строк
desk-search-elsewhere = Поискать «{ $text }» ещё и в разделах

licenses-lead = Все ваши лицензии и день, до которого оплачена каждая.
desk-licenses-lead = Лицензии всех клиентов и день, до которого оплачена каждая.
desk-licenses-title = Лицензии
desk-licenses-empty = Лицензий пока нет
desk-licenses-empty-text = Как только заказ клиента будет выполнен, его лицензия появится здесь.

desk-customers-title = Клиенты
desk-customers-lead = Все, кто создал учётную запись, с их деньгами и лицензиями.
desk-customers-empty = Клиентов пока нет
desk-customers-empty-text = Здесь появится каждый, кто создал учётную запись, и его деньги.
customer-open = Активен
customer-blocked = Заблокирован
customer-subtitle = { $number }, с нами с { $joined }
customer-no-wallet = Денег пока не поступало
customer-no-history = Ни заказов, ни лицензий, ни изменений пока нет.
customer-profile = Профиль
customer-name = Имя
customer-prices = Цены
customer-group-hint = Клиент сразу увидит цены этой группы. У купленного цена останется прежней.
customer-users = Пользователи
user-verified = Адрес подтверждён.
user-unverified = Адрес не подтверждён.
user-seen = Последний визит { $at } UTC.
user-never-seen = Ещё не заходил.
customer-access = Доступ
block-text = Заблокированный клиент сразу выходит отовсюду и не может войти. Начатые заказы и лицензии продолжают работать как прежде, деньги остаются в кошельке.
block-button = Заблокировать клиента
block-reason = Почему
block-reason-hint = Для журнала. Клиент этого не видит.
unblock-text = Заблокирован с { $at } UTC. Начатые заказы и лицензии работают как прежде. После разблокировки клиент снова сможет войти.
unblock-button = Разблокировать клиента
customer-done-name = Имя изменено.
customer-done-group = Теперь клиент платит по ценам этой группы.
customer-done-blocked = Клиент заблокирован, все его сеансы завершены.
customer-done-unblocked = Клиент снова может войти.
customer-refused-title = Ничего не изменено
customer-forbidden = Ваша роль не позволяет это менять. Обратитесь к владельцу.
customer-changed = Пока страница была открыта, этого клиента изменил кто-то другой. Сейчас показано последнее состояние: посмотрите на него и отправьте форму снова, если всё ещё нужно.
customer-bad-name = Укажите имя не длиннее 200 знаков.
customer-bad-group = Выберите одну из групп.
login-blocked = Учётная запись заблокирована. Если это ошибка, напишите нам: лицензии и деньги остались такими, как были.

audit-title = Журнал изменений
audit-lead = Кто, что и когда изменил, до и после. Переписать журнал нельзя. Время по UTC.
audit-empty = Записей пока нет
audit-empty-text = Здесь появится всё, что с этого времени изменят сотрудники, командная строка и сам портал.
audit-nobody = Не сотрудник
audit-command-line = Командная строка
audit-portal = Портал
audit-all-changes =
    { $count ->
        [one] Изменение целиком
        [few] Все { $count } изменения целиком
       *[many] Все { $count } изменений целиком
    }
object-staff = Сотрудник
object-pricelist = Прайс-лист
object-plan = Тариф
action-wallet-credit = Пополнен кошелёк
action-customer-rename = Изменено имя клиента
action-customer-group = Изменена группа клиента
action-customer-block = Клиент заблокирован
action-customer-unblock = Клиент разблокирован
action-staff-create = Добавлен сотрудник
action-staff-role = Изменена роль
action-staff-disable = Доступ закрыт
action-pricelist-create = Создана группа
action-pricelist-publish = Опубликованы цены
action-cost-change = Изменена закупочная цена
action-staff-enable = Доступ возвращён

staff-title = Сотрудники
staff-lead = Кто работает в панели сотрудника. Новых добавляют в командной строке сервера:
staff-roles = Что позволяют роли
staff-access = Доступ
staff-role-of = Роль для { $email }
staff-disable = Отключить
staff-enable = Включить
staff-disabled = Отключён
staff-enabled = Включён
staff-you = это вы
staff-done = Сохранено. Подействует со следующего нажатия этого сотрудника.
staff-refused-title = Ничего не изменено
staff-changed = Пока страница была открыта, этого сотрудника изменил кто-то другой. Ниже последнее состояние.
staff-last-owner = Это последний владелец. Сначала назначьте владельцем кого-то ещё, чтобы было кому управлять сотрудниками.
staff-last-owner-stays = Единственный владелец: роль и доступ не изменить
member-since = С { $day }
role-owner = Владелец
role-owner-text = Может всё. Только владельцы управляют сотрудниками, аккаунтами поставщиков и кредитными лимитами.
role-support = Поддержка
role-support-text = Видит всё, пополняет кошельки и возвращает деньги, меняет имена клиентов и блокирует их, решает судьбу неясных операций.
role-pricing = Цены
role-pricing-text = Видит всё, назначает цены, закупочные цены и группы клиентов, правит продукты и семейства.
role-readonly = Только чтение
role-readonly-text = Видит всё, ничего не меняет.

## Изменение лицензии
license-manage = Управление
license-changes = Изменения
changes-title = Изменения лицензий
changes-lead = Что вы делали со своими лицензиями и чем это кончилось. Время по UTC.
changes-empty = Изменений пока нет
changes-empty-text = Здесь появятся продления, смена тарифа и сервера.
changes-open-licenses = Открыть лицензии
col-kind = Изменение
change-renew = Продлить
change-plan = Сменить тариф
change-edit = Сменить сервер или название
change-addons = Изменить дополнения
change-key = Заменить ключ
change-suspend = Приостановить
change-resume = Возобновить
change-delete = Удалить
change-keep = Оставить как есть
change-not-now = С лицензией в её нынешнем состоянии это сделать нельзя.
change-refused = Ничего не изменилось
change-term = На какой срок
change-plan-term = Тариф и срок
change-until = До { $day }
change-choose = Выберите один вариант.
change-day-changed = Новый срок закончился бы раньше, чем было указано на странице. Проверьте последний день ниже и нажмите кнопку ещё раз.
change-no-price = Сейчас на это нет цены. Спросите у нас.
change-balance = В кошельке доступно { $amount }.
choice-left = Останется { $amount }
change-waits = С этой лицензией уже что-то делается. Начнём, когда закончится.
change-ip-hint = Публичный адрес IPv4. Обычно поставщик разрешает менять его раз в месяц.
change-name-hint = Ваше собственное название, можно оставить пустым.
change-show-price = Показать цену
change-preview = Сколько это стоит
change-addons-price = { $price } за остаток оплаченного срока. Продление посчитаем по новому количеству.
change-addons-same = Такое количество невозможно, или ничего не изменится.
change-count-hint = Сейчас { $now }, входит { $base }, не больше { $max }
change-form-used = Эта форма уже использована. Посмотрите изменения ниже и попробуйте снова.
change-too-late = Уже отправлено, отменить нельзя.
change-planned = Выполняется, ниже видно, как идёт дело.
change-taken-back = Отменено. Ничего не отправлено.
change-take-back = Отменить
change-sent-at = Отправим в { $at } UTC, до этого можно отменить
change-free = Бесплатно
change-done = Готово
change-not-done = Не сделано
effect-renew = Сейчас оплачена до { $day }. Следующий срок начнётся после этого.
effect-renew-suspended = Оплачена до { $day }, но приостановлена. Новый срок начнётся сегодня.
effect-plan = Лицензия сразу перейдёт на новый тариф, новый срок начнётся сегодня. Остаток старого поставщик не засчитывает.
effect-trial = Пробная лицензия сразу станет платной. Поставщик считает срок с сегодняшнего дня: оставшиеся бесплатные дни не прибавляются.
effect-edit = Лицензия сразу переедет на новый сервер и перестанет работать на старом.
effect-addons = Сколько нужно всего?
effect-key = Поставщик выдаст другой ключ, а старый перестанет работать. Обычно это можно делать раз в месяц.
effect-suspend = Лицензия перестанет работать, пока вы её не возобновите. Оплаченные дни идут дальше, а поставщик удаляет приостановленное через { $days } дн.
effect-resume = Лицензия снова заработает.
effect-delete = Лицензия будет навсегда удалена у поставщика, остаток срока пропадёт. Отменить можно в течение { $minutes ->
    [one] { $minutes } минуты
    [few] { $minutes } минут
    [many] { $minutes } минут
   *[other] { $minutes } минуты
}.
confirm-renew = Продлить
confirm-renew-paid = Оплатить и продлить
confirm-renew-for = Продлить за { $price }
confirm-plan = Сменить тариф
confirm-edit = Сохранить
confirm-addons = Изменить дополнения
confirm-key = Заменить ключ
confirm-suspend = Приостановить лицензию
confirm-resume = Возобновить лицензию
confirm-delete = Удалить лицензию
not-now-gone = Лицензия ещё не готова или её уже нет.
not-now-trial = Пробную лицензию нельзя продлить. Смените её на платный тариф.
not-now-trial-buy = Пробную лицензию нельзя продлить, и в платную поставщик её не превращает. Купите новую.
not-now-lifetime = У этой лицензии нет срока.
not-now-suspended = Лицензия приостановлена. Сначала возобновите или продлите её.
not-now-active = Лицензия и так работает.
not-now-ran-out = Оплаченный срок закончился. Продлите лицензию.
not-now-same = Ничего не изменится.
not-now-paid-ahead = Лицензия приостановлена и оплачена на больший срок, чем дало бы продление с сегодняшнего дня: деньги ушли бы, а срок не вырос бы.
not-now-stopping = Лицензия приостанавливается или возобновляется. С какого дня считать новый срок, будет известно, когда это завершится.
not-now-deleting = Лицензия вот-вот будет удалена. Пока это не отправлено поставщику, удаление можно отменить на её странице.
not-now-unpaid = Срок, который начал поставщик, ещё не оформлен. Тариф и дополнения можно изменить после этого.
not-now-disputed = Поставщик не показывает оплаченный вами срок. Сначала наши сотрудники это выяснят, до тех пор ничего не списывается.
not-now-plan-changing = Меняется тариф или количество. Сколько это стоит, станет известно после этого.

## Входящие и проверки
nav-inbox = Входящие
nav-operations = Операции
nav-health = Проверки
inbox-title = Входящие
inbox-lead = Операции, исход которых портал не смог выяснить. Примите решение по каждой; до этого деньги остаются в резерве.
inbox-empty = Ничего не ждёт решения
inbox-empty-text = Здесь появится то, о чём портал не может судить сам, с данными обеих сторон.
inbox-refused = Решение не принято
inbox-done =
    { $count ->
        [one] Решена { $count } операция. Деньги и журнал приведены в порядок.
        [few] Решены { $count } операции. Деньги и журнал приведены в порядок.
       *[many] Решено { $count } операций. Деньги и журнал приведены в порядок.
    }
inbox-refused-some = Решено не всё
inbox-case-refused = Операция { $number }: { $why }
inbox-none-selected = Отметьте хотя бы одну операцию.
inbox-ambiguous = Предложенный номер здесь не один. Решите эту операцию отдельно.
inbox-select = Отметить
inbox-select-one = Отметить операцию { $number }
inbox-select-all = Отметить все на странице
inbox-selected = Отмечено
inbox-bulk-reason = Почему, для всех отмеченных
inbox-bulk-happened = Это сделано
inbox-case = Операция { $number }: { $what }
inbox-purchase = Покупка
inbox-vendor-side = Что показывает поставщик
inbox-held = Зарезервировано
inbox-since = Запрошено
inbox-adopt = Это № { $number }
inbox-number = Номер у поставщика
inbox-number-hint = Лицензии, которая относится к этому заказу, если её нет среди предложенных
inbox-reason = Почему
inbox-reason-hint = Для журнала и истории заказа.
inbox-happened = Это сделано
inbox-happened-number = Куплено под этим номером
inbox-again = Этого не было, отправить ещё раз
inbox-give-up = Этого не было, вернуть деньги
inbox-forbidden = Ваша роль не позволяет это решать.
inbox-decided-already = Это уже решил кто-то другой.
inbox-bad-number = Введите номер лицензии у поставщика, только цифры.
inbox-number-taken = Этот номер уже у другой нашей лицензии.
inbox-too-often = Отправлено столько раз, сколько можно. Верните деньги или введите номер.
operations-title = Операции
operations-lead = Всё, что делается и делалось у поставщиков. Время по UTC.
operations-empty = Операций пока нет
operations-empty-text = Каждая покупка и каждое изменение лицензии появится здесь, как только их запросят.
operation-kind = Действие
operation-order = Заказ { $number }
operation-license = Лицензия { $number }
operation-waits = Чем это кончилось, может сказать только человек. До этого деньги остаются в резерве.
operation-decide = Решить во входящих
event-planned = Запрошено
event-absent = Проверили у поставщика: не сделано
event-resend = Отправим ещё раз
event-confirmed = Поставщик подтвердил
event-found = У поставщика уже сделано
event-rejected = Не вышло, ничего не сделано
event-short = Отказ, пока наш баланс у поставщика был мал
event-parked = Ждёт наших денег у поставщика
event-unclear-text = Могло быть сделано. Сначала проверим, потом решим, отправлять ли снова.
event-next-look = Проверяем у поставщика, что стало с операцией
fact-new-plan = Новый тариф
fact-new-server = Новый сервер
fact-new-name = Новое название
fact-no-name = Без названия
fact-asked-by = Запросил
fact-not-before = Отправим не раньше
fact-ended = Завершено
health-title = Проверки
health-lead = Что всегда должно быть верно для учёта и для всего, что выполняется. Проверяется каждые пять минут.
health-last = Последняя проверка: { $at } UTC.
health-all = Соблюдены все правила: { $count }.
health-some = Нарушено правил: { $broken } из { $count }.
health-rule = Правило
health-checked = Проверено
health-now = Проверить сейчас
health-never = Ещё не проверялось
health-sound = Верно
health-broken = { $count ->
    [one] Нарушено { $count } раз
    [few] Нарушено { $count } раза
    [many] Нарушено { $count } раз
   *[other] Нарушено { $count } раза
}
health-i01 = В каждой валюте сумма всех записей учёта равна нулю
health-i02 = У каждого перевода ровно две записи, и из связанных переводов ни один не пропал
health-i03 = Ни одна запись учёта не изменена и не удалена
health-i04 = Ни один кошелёк не ниже своего кредитного лимита
health-i05 = В резерве ровно столько, сколько стоят все незавершённые операции
health-i06 = Каждый остаток равен сумме своих записей
health-i07 = Каждый резерв списан или возвращён один раз, смотря чем закончилась операция
health-i08 = У каждой подтверждённой покупки есть лицензия, и ни один номер поставщика не повторяется
health-i09 = Каждая лицензия относится к подтверждённой покупке
health-i10 = Ни одна операция не выполняется дольше часа
health-i11 = Поставщикам ничего не отправлено больше трёх раз или без записи об этом
health-i12 = Поставщикам уплачено ровно столько, сколько стоит подтверждённое ими
health-i13 = У каждого перевода указана причина, и она существует
health-i14 = Каждый кредитный лимит кем-то выдан

## Возвраты
refund-open = Вернуть деньги
refund-button = Вернуть
refund-hint = Не больше { $most }. Лицензия остаётся как есть.
refund-so-far = { $amount } вернулись в кошелёк.
refund-refused = Ничего не возвращено
refund-done = Деньги снова в кошельке.
refund-bad-amount = Больше нуля и не больше того, что осталось от оплаты.
refund-form-used = Эта форма уже использована. Посмотрите, что возвращено, и отправьте снова.
action-wallet-limit = Задан кредитный лимит
action-wallet-refund = Возвращены деньги
action-operation-decide = Принято решение по операции

# Модули
server-license = Одной из ваших лицензий
server-license-hint = Модуль работает внутри панели лицензии, которая куплена здесь.
module-buy = Добавить к лицензии
module-buy-now = Купить модуль
module-buy-for = Купить модуль за { $price }
module-for = Лицензия
module-sign-in = Войдите, и вы вернётесь сюда: всё останется как есть.
module-sign-in-choose = Войдите, чтобы выбрать лицензию, для которой он нужен.
module-no-license = Модуль ставится на подходящую лицензию, а у вас такой пока нет.
module-waits = Ваша лицензия ещё не активна или вот-вот будет удалена. Как только она заработает и останется, модуль можно будет добавить.
module-all-have-it = На всех подходящих лицензиях он уже есть.
module-has-it = На этой лицензии модуль уже есть, или он заказан.
module-choose-license = Выберите одну из ваших активных лицензий, к которой подходит модуль.
module-until = { $status } до { $day }
module-col-name = Модуль
module-available = Доступен
module-add = Добавить
module-manage = Управлять
module-step-open = Откройте панель
module-step-open-text = В панели перейдите в раздел «Управление лицензией».
module-step-update = Нажмите «Обновить»
module-step-update-text = Панель спросит поставщика и включит модуль. Сама она узнает о нём в течение суток.
license-modules = Модули
modules-wait = Модули можно добавить к лицензии, которая работает и не будет вот-вот удалена.
license-says-suspended-until = Приостановлена; панель может не работать. Через { $left -> 
        [one] { $left } день
        [few] { $left } дня
        [many] { $left } дней
       *[other] { $left } дня
    }, { $day }, поставщик удалит её безвозвратно.
license-renewal-ends = Поставщик завершает этот продукт
license-renewal-ends-text = Продлить можно до { $day }. Работать она будет до конца оплаченного к тому времени срока.
license-renewal-over-text = Продлить можно было до { $day }. Лицензия работает до конца оплаченного срока.
change-ip-from = Недавно менялся: следующую замену поставщик разрешит { $day }.
not-now-unable = С этой лицензией так нельзя: у поставщика нет такой функции.
ip-again-from = Адрес сервера недавно меняли: следующую смену поставщик разрешает { $day }.
key-again-from = Ключ недавно меняли: следующую замену поставщик разрешает { $day }.
not-now-too-soon = Недавно менялось: следующую замену поставщик разрешит { $day }.
not-now-renewal-over = Поставщик больше не продлевает этот продукт.
buy-bad-field = Заполните это поле так, как просит продукт.
buy-tried = На этом адресе уже был пробный период. Закажите платный тариф.
panel-unknown = Какой модуль?
panel-unknown-text = Панель попросила модуль, которого здесь нет, или не сказала, для какой он лицензии. Найдите его в каталоге или войдите и откройте свою лицензию.
panel-price = { $price } в месяц
panel-price-both = { $own } в месяц для вас; панель показывает { $public }
panel-not-yours = В этой учётной записи такой лицензии нет. Выберите другую свою лицензию или выйдите, войдите в ту учётную запись, где она куплена, и нажмите кнопку в панели ещё раз.
panel-named = Номер лицензии в панели
panel-account = Вы вошли как
panel-other-license = Выбрать из моих лицензий
panel-ask = Спросить нас
panel-other-account = Выйти и сменить учётную запись
panel-unfit = Этот модуль не подходит к { $plan }. Он сделан для: { $fits }.
panel-has-it = Он уже есть
panel-what-now = Что сделать в панели
panel-license = Для этой лицензии

# Аккаунты у поставщиков
nav-upstreams = Аккаунты поставщиков
upstreams-title = Аккаунты поставщиков
upstreams-lead = Где покупаются лицензии: наш вход у каждого поставщика, его лимиты и импорт того, что он продаёт.
upstreams-none = Аккаунтов пока нет
upstreams-none-text = Добавьте первый ниже. Затем импортируйте тарифы поставщика: сами по себе они в продажу не попадут.
upstream-new = Новый аккаунт
upstream-add = Добавить аккаунт
upstream-preset = Готовая таблица
upstream-preset-new-hint = Из неё берутся название, адрес и валюта, если вы оставите их пустыми.
upstream-preset-note = необязательно с готовой таблицей
upstream-preset-hint = Она знает о тарифах поставщика то, чего нет в его прайс-листе.
preset-none = Нет
preset-eu = ispmanager, Европа
preset-ru = ispmanager, Россия
preset-isplicense = ISPlicense
preset-legacy = ISPsystem 2009 года
upstream-name = Название
upstream-url = Адрес интерфейса
upstream-url-hint = С https и путём, например https://api.ispmanager.com/manager/billmgr
upstream-currency = Валюта
upstream-currency-hint = В чём поставщик берёт деньги, например EUR. Потом изменить нельзя.
upstream-user = Логин
upstream-user-field = Логин у поставщика
upstream-password = Пароль у поставщика
upstream-password-hint = Шифруется перед сохранением и больше нигде не показывается.
upstream-password-button = Сменить пароль
upstream-dialects = Функции
upstream-plans = Тарифы
at-vendor = Лицензии у поставщика
at-vendor-title = Лицензии у поставщика «{ $name }»
at-vendor-lead = То, что есть в списках самого поставщика, прочитано только что.
at-vendor-none = Там пока ничего нет
at-vendor-none-text = Списки поставщика для этого логина пусты.
at-vendor-unknown = Неизвестно: поставщик не ответил
at-vendor-unknown-text = В непрочитанных списках могут быть лицензии. Откройте страницу ещё раз через несколько минут.
at-vendor-plan = Тариф там
at-vendor-whose = Чьи
at-vendor-ours = Наши
at-vendor-strange = Не наша
at-vendor-renews = Продлевает поставщик
at-vendor-broken = Некоторые списки не прочитаны: { $functions }. Того, что в них, ниже нет.
at-vendor-why = Что ответил поставщик
filter-at-vendor = Номер, название или сервер
upstream-ordering = Заказ
ordering-at-once = Оплата сразу
ordering-basket = Через корзину
upstream-on = Включён
upstream-off = Выключен
upstream-low = Мало денег
upstream-low-text = Наших денег там меньше порога, о котором вы просили предупредить. Пополните баланс, пока заказы не встали.
upstream-ping = Проверить связь
upstream-import = Импорт тарифов
upstream-added = Аккаунт добавлен. Проверьте связь, чтобы узнать, работает ли он.
upstream-set = Настройки сохранены.
upstream-password-set = Пароль сменён.
upstream-pinged = Поставщик опрошен; у него ничего не изменилось.
upstream-inferred = Предположения
upstream-inferred-text = Этого нет ни в одном документе, сверьте с поставщиком: { $fields }
ping-title = Что работает
ping-what = Что спросили
ping-verdict = Итог
ping-answer = Ответ
ping-balance = Баланс
ping-list = Лицензии, { $family }
ping-ok = Работает
ping-failed = Не работает
upstream-settings = Настройки и лимиты
upstream-balance-function = Функция, показывающая баланс
balance-none = Такой нет
upstream-low-balance = Предупреждать ниже ({ $currency })
upstream-low-balance-hint = Оставьте пустым, чтобы не предупреждать.
upstream-change-rule = Адрес и ключ можно менять
change-rule-month = Раз в календарный месяц
change-rule-days = Раз в 31 день
change-rule-unlimited = Сколько угодно
upstream-concurrency = Одновременных вызовов
upstream-pace = Вызовов в минуту
upstream-pace-hint = Оставьте пустым, если лимита нет.
upstream-kept = Хранение остановленных, дней
upstream-times = Тайм-ауты
upstream-connect = Тайм-аут соединения, мс
upstream-call = Тайм-аут вызова, мс
upstream-check = Тайм-аут проверки, мс
upstream-send = Срок начала, мс
upstream-lease = Закрепление операции, мс
upstream-quiet = Запоздание результата, мс
upstream-second = Повторный поиск через, мс
upstream-resend = Время на повторную отправку заказа, мс
upstream-undo = Время на отмену удаления, мс
upstream-attempts = Попыток на заказ, не больше
upstream-functions = Собственные функции
upstream-renews-there = Поставщик продлевает сам
upstream-renews-there-hint = В заказах передаётся autoprolong с их сроком, а портал не продлевает. Каждый начатый поставщиком срок списывается с кошелька; если денег мало, клиенту пишут, а срок ждёт в разделе «Поставщики». Вы к тому времени за него уже заплатили.
upstream-functions-hint = По одной на строке: softexternal.addons = softexternal.edit. Пустое имя убирает функцию. Вне семейств — account.balance и account.price_list.
upstream-families = Семейства функций
upstream-families-hint = Для чего у поставщика есть функции; manual — это то, что люди заказывают там вручную. Тарифы других семейств нельзя ни импортировать, ни завести. Если отмечены все, ограничения нет.
upstream-families-none = Отметьте хотя бы одно: иначе покупать будет нечего.
upstream-families-used = Есть тарифы семейств: { $families }. Оставьте эти отметки или сначала укажите, что тарифы покупаются другими функциями.
upstream-unmarked = Списки без нашей метки
upstream-unmarked-hint = Семейства функций, в списке которых нет ни нашей метки, ни имени, например parallelslic. Заказы каждого отправляются по одному и находятся по новому в списке.
upstream-names-parent = Заказ модуля называет его лицензию
upstream-enabled = Аккаунт включён
upstream-enabled-hint = У выключенного ничего не продаётся; купленные лицензии продолжают работать.
upstream-refused = Ничего не сохранено
upstream-changed = Аккаунт тем временем изменили. Посмотрите, какой он сейчас, и сохраните ещё раз.
upstream-bad-currency = Введите код валюты, например EUR.
upstream-bad-password = От 1 до 200 знаков без управляющих.
upstream-bad-functions = Семейство, точка, назначение, знак равенства и имя функции.
upstream-bad-low-balance = Сумма не меньше нуля, или оставьте пустым.
upstream-bad-user = В логине не бывает двоеточия: на пути к поставщику логин на нём оборвётся.
upstream-no-user = Введите логин.
upstream-no-name = Введите название.
upstream-no-url = Введите адрес интерфейса.
upstream-no-password = Введите пароль.
upstream-bad-value = Не заполнено или не читается.
upstream-bad-range = От { $least } до { $most }.
upstream-bad-url = Полный адрес, который начинается с https, без пользователя, запроса и фрагмента.
upstream-insecure = Адрес должен начинаться с https: с каждым вызовом передаётся пароль.
upstream-internal = Это не публичный адрес; укажите https-адрес поставщика.
upstream-taken = Этот код уже у другого аккаунта.
upstream-short-lease = Должно быть больше, чем срок начала и тайм-ауты соединения и вызова вместе.
import-title = Импорт тарифов
import-lead = Что продаёт поставщик, в сравнении с каталогом. Новые тарифы не продаются, пока вы их не включите.
import-read = Прочитать таблицу
import-read-button = Сравнить с каталогом
import-source = Откуда
import-from-list = Прайс-лист самого поставщика
import-from-preset = Готовая таблица: { $name }
import-from-text = Вставленная таблица
import-family = Куда поместить новые тарифы
import-family-hint = Как указано в источнике
import-table = Таблица, если выбрана «Вставленная таблица»
import-table-hint = CSV хотя бы с code и period, или TOML; до 60 КБ. Более длинные — через командную строку сервера.
import-refused = Ничего не импортировано
import-bad-family = Такого семейства нет.
import-bad-currency = Цены в таблице не в валюте аккаунта.
import-bad-table = Таблица не читается: { $why }
import-no-list = Прайс-лист поставщика не читается: { $why }
import-stale = Отличия уже другие. Посмотрите на них ещё раз и примените.
import-was-read = Таблица прочитана. Ниже то, что она изменит.
import-applied = Записано изменений: { $count }
import-applied-at = Применено
import-command-line = командной строкой
import-about = { $source }, тарифов: { $plans }, кем прочитано: { $author },
import-difference = Отличия от каталога
import-apply = Применить ({ $count })
import-nothing = Отличий нет
import-nothing-text = В каталоге то же, что и в таблице.
import-change = Изменение
import-detail = Подробно
import-new-plan = Новый тариф
import-new-term = Новый срок, продаётся вместе с тарифом
import-new-addon = Новое дополнение, продаётся вместе с тарифом
import-cost = Другая закупочная цена
import-gone = Больше нет в списке
import-gone-text = Ничего не удаляется.
import-inferred = предположение
import-repriced = Цены продажи, которые изменятся
import-repriced-text = Эти цены правила считают от закупочных. За уже заказанное цена остаётся той, о которой договорились.
import-price-then = Цена потом
import-endangered = Цены, которые не удержатся
import-endangered-text = Эти цены заданы правилами и окажутся ниже закупочной цены или минимальной наценки. Сами они не меняются: поправьте правила до или после.
import-price-now = Цена сейчас
import-cost-then = Закупочная цена потом
import-notes = Что не вошло
note-unreadable = В строке { $row } нет кода или названия.
note-twice = { $code }: встречается дважды, считается первый.
note-period = { $code }: срок неизвестного вида, { $text }.
note-cost = { $code }: { $text } — не та цена, которую можно принять.
note-currency = { $code }: цена в { $text }.
note-addon = { $code }: дополнение «{ $text }» не считается штуками.
note-no-dialect = { $code }: неизвестно, какими функциями его продают. Выберите для аккаунта готовую таблицу.
note-other-dialect = { $code }: его продают функции { $text }, а такого семейства нет среди семейств аккаунта.
note-no-term-code = { $code }: неизвестен код поставщика для срока: { $text }.
note-no-cost = { $code }: неизвестна закупочная цена: { $text }.
note-no-panel = { $code }: он для { $text }, которого у аккаунта нет.
note-no-fits = { $code }: ни одного тарифа, для которого он сделан, нет ни в каталоге, ни рядом с ним.
note-no-price-list = Прайс-лист поставщика, откуда берутся закупочные цены, не читается: { $text }
action-upstream-add = Добавлен аккаунт поставщика
action-upstream-set = Изменён аккаунт поставщика
action-upstream-password = Сменён пароль у поставщика
action-upstream-ping = Проверена связь с поставщиком
action-upstream-read = Прочитана таблица поставщика
action-upstream-import = Импортированы тарифы

vendor-paused = С { $since } UTC. Следующая попытка: { $until } UTC.
vendor-silent = Не работает
vendor-http = Его сервер ответил ошибкой { $status }.
vendor-late = Вовремя не ответил.
vendor-unreached = Соединиться не удалось.
vendor-unreadable = Ответ не читается.
vendor-unclear = Ясного ответа нет.
vendor-details = Технические подробности
inbox-bad-day = Введите день, например 2026-12-31.
inbox-bad-key = Это не может быть ключом.

# Продукты
nav-products = Продукты
products-title = Продукты
products-lead = Всё, что продаётся, и то, что снято с продажи. Закупочные цены и цены продажи на своих страницах.
products-empty = Продуктов пока нет
products-empty-text = Импортируйте тарифы из аккаунта поставщика, и они появятся здесь.
product-lead = Что о нём читают клиенты, продаётся ли он и когда его завершает поставщик.
product-family = Семейство
product-on = Продаётся
product-off = Снят с продажи
product-until = Продаётся до { $day }
product-text = Тексты и продажа
product-name = Название
product-paragraphs = Описание
product-available = Продаётся в каталоге
product-available-hint = Купленные лицензии в любом случае работают дальше.
product-sale-ends = Последний день продажи
product-sale-ends-hint = После этого дня его нельзя заказать.
product-renewal-ends = Последний день продления
product-renewal-ends-hint = Владельцы видят его на странице лицензии.
product-fits = Сделан для лицензий
product-product = Продукт, редакцией которого он является
product-product-hint = Лицензию можно перевести на другой тариф того же продукта у того же поставщика. Оставьте пустым, если поставщик ничего не меняет.
product-bad-product = Не больше 60 символов, в одну строку.
product-withheld = Что нельзя сделать с лицензией
product-withheld-hint = Функции для всего этого у поставщика есть. Отметьте то, в чём он отказывает для этого тарифа, чтобы никому этого не предлагать.
product-service-name = Имя, под которым его знают панели
product-service-name-hint = Код, по которому его узнают панели, например DDoSGUARD.
product-save = Сохранить
product-done = Сохранено, страницы показывают это сразу.
product-refused = Не сохранено
product-forbidden = Ваша роль не меняет продукты.
product-stale = Кто-то сохранил его раньше вас. Посмотрите, каким он стал, и внесите правку снова.
product-bad-text = Введите текст на английском, не слишком длинный.
product-bad-service = Буквы, цифры и знаки без пробелов, до 60.
product-bad-day = Введите день, например 2026-12-31.
product-bad-ends = Продлевать его нельзя меньше, чем продавать.
product-bad-fits = Выберите хотя бы одну.
product-number = Наш номер
product-code = Код у поставщика
wire-title = Как он покупается
wire-lead = Коды, сроки, дополнения и поля у поставщика
wire-hint = Как это называет поставщик. Коды меняются, только пока по тарифу ничего не выполняется: покупку находят по тому коду, с которым её отправили.
wire-functions = Функции
wire-functions-hint = Функции поставщика, которыми он продаёт. Пока есть лицензии, они не меняются.
wire-needs-ip = В заказе указывается адрес сервера, если он есть у функций
wire-has-key = Поставщик выдаёт ключ
wire-terms = Коды сроков у поставщика
wire-terms-hint = Пусто, если кодом служит число месяцев. Поколение 2009 года не продаёт срок без кода.
wire-term = Код срока: { $term }
wire-part-code = { $what }: код поставщика
wire-addon-base = { $what }: включено
wire-addon-max = { $what }: не больше, вместе с включёнными
wire-addon-step = { $what }: шаг
wire-field = Поле заказа { $number }
wire-field-new = Ещё одно поле заказа
wire-field-kind = { $what }: что в нём пишут
wire-kind-text = Строка текста
wire-kind-email = Адрес электронной почты
wire-save = Сохранить, как покупается
wire-bad = Поставщик этого не прочтёт. В кодах нет пробелов, количества согласованы, названия есть по-английски, а код поля назван один раз.
wire-under-way = По этому тарифу что-то выполняется: до конца его коды не меняются. Смотрите «Операции».
wire-living = У тарифа есть лицензии, и они живут теми функциями, которыми куплены.
wire-counts = Есть лицензии, количества которых не подойдут: их нельзя было бы продлить.
wire-unspoken = Этих функций нет среди семейств функций учётной записи поставщика. Владелец может добавить их там.
wire-taken = По этому коду в учётной записи продаётся другой тариф.
import-term-code = Другой код срока
import-under-way = По тарифу, коды которого изменились бы, что-то выполняется. Примените, когда оно закончится; смотрите «Операции».
product-in-shop = В магазине
text-in-english = { $what } на английском
text-in-russian = { $what } на русском
families-title = Семейства
families-lead = Заголовки каталога и по строке о каждом.
families-empty = Семейств пока нет
families-empty-text = Импорт создаст нужные; можно добавить и ниже.
family-summary = Описание одной строкой
family-products = Продукты семейства
family-new = Новое семейство
family-add = Добавить семейство
family-lead = Заголовок в каталоге и описание одной строкой под ним.
family-bad-code = Такой код уже есть, или он не годится.
effect-delete-stops = До тех пор она только приостановлена; отмена запустит её снова.
inbox-needs-day = Введите последний день, который показывает поставщик; он позже прежнего.
upstream-busy = У этого поставщика что-то выполняется. Измените это, когда всё завершится.
