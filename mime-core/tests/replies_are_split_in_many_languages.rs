//! Replies and forwards as mail programs write them in plain text.
//!
//! Each line of a mail is shown behind what it is: `n` new, `a` attribution, `1` to `9` quoted so
//! many levels deep, `s` signature, `f` forwarded. Empty lines have none.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use mime_core::reply::{Confidence, Options, split_text};
use support::replies::{show, strip};

#[track_caller]
fn check_with(shown: &str, options: &Options<'_>) {
    let text = strip(shown);
    for text in [text.clone(), text.replace('\n', "\r\n")] {
        let split = split_text(&text, options);
        assert_eq!(show(&text, &split), shown);
    }
}

#[track_caller]
fn check(shown: &str) {
    check_with(shown, &Options::DEFAULT);
}

/// An answer above a quote, whose attribution is these lines.
#[track_caller]
fn check_attribution(lines: &[&str]) {
    let mut shown = String::from("n Yes, at five.\n\n");
    for line in lines {
        shown += &format!("a {line}\n");
    }
    shown += "1 > Shall we have tea?\n1 > And cake?\n";
    check(&shown);
    // The same with an answer right above it, and an empty line below.
    let near = shown
        .replacen("\n\na ", "\na ", 1)
        .replacen("1 >", "\n1 >", 1);
    check(&near);
}

#[test]
fn attributions_that_gmail_writes() {
    let table: &[&[&str]] = &[
        &["On Mon, Nov 2, 2026 at 10:15 AM Ann Lee <ann@example.org> wrote:"],
        &["On Mon, 2 Nov 2026 at 10:15, Ann Lee <ann@example.org> wrote:"],
        &[
            "On Mon, Nov 2, 2026 at 10:15 AM Ann Lee of the Long Department",
            "<ann@example.org> wrote:",
        ],
        &[
            "On Mon, Nov 2, 2026 at 10:15 AM",
            "Ann Lee of the Long Department via some list",
            "<ann@example.org> wrote:",
        ],
        &["Am Mo., 2. Nov. 2026 um 10:15 Uhr schrieb Ann Lee <ann@example.org>:"],
        &[
            "Am Mo., 2. Nov. 2026 um 10:15 Uhr schrieb Ann Lee <",
            "ann@example.org>:",
        ],
        &["Le lun. 2 nov. 2026 à 10:15, Ann Lee <ann@example.org> a écrit :"],
        &["El lun, 2 nov 2026 a las 10:15, Ann Lee (<ann@example.org>) escribió:"],
        &[
            "Il giorno lun 2 nov 2026 alle ore 10:15 Ann Lee <ann@example.org>",
            "ha scritto:",
        ],
        &["Em seg., 2 de nov. de 2026 às 10:15, Ann Lee <ann@example.org> escreveu:"],
        &["Op ma 2 nov 2026 om 10:15 schreef Ann Lee <ann@example.org>:"],
        &["Den mån 2 nov. 2026 kl 10:15 skrev Ann Lee <ann@example.org>:"],
        &["man. 2. nov. 2026 kl. 10:15 skrev Ann Lee <ann@example.org>:"],
        &["Den man. 2. nov. 2026 kl. 10.15 skrev Ann Lee <ann@example.org>:"],
        &["ma 2. marrask. 2026 klo 10.15 Ann Lee (ann@example.org) kirjoitti:"],
        &["pon., 2 lis 2026 o 10:15 Ann Lee <ann@example.org> napisał(a):"],
        &["po 2. 11. 2026 v 10:15 odesílatel Ann Lee <ann@example.org> napsal:"],
        &["po 2. 11. 2026 o 10:15 Ann Lee <ann@example.org> napísal(a):"],
        &["пн, 2 нояб. 2026 г. в 10:15, Ann Lee <ann@example.org>:"],
        &["пн, 2 лист. 2026 р. о 10:15 Ann Lee <ann@example.org> пише:"],
        &["На пн, 2.11.2026 г. в 10:15 Ann Lee <ann@example.org> написа:"],
        &["Ann Lee <ann@example.org>, 2 Kas 2026 Pzt, 10:15 tarihinde şunu yazdı:"],
        &[
            "Στις Δευ 2 Νοε 2026 στις 10:15 π.μ., ο χρήστης Ann Lee <",
            "ann@example.org> έγραψε:",
        ],
        &["Ann Lee <ann@example.org> ezt írta (időpont: 2026. nov. 2., H, 10:15):"],
        &["În lun., 2 nov. 2026 la 10:15, Ann Lee <ann@example.org> a scris:"],
        &["2026年11月2日(月) 10:15 Ann Lee <ann@example.org>:"],
        &["Ann Lee <ann@example.org> 于2026年11月2日周一 10:15写道："],
        &["Ann Lee <ann@example.org> 於 2026年11月2日 週一 上午10:15寫道："],
        &["2026년 11월 2일 (월) 오전 10:15, Ann Lee <ann@example.org>님이 작성:"],
        &[
            "\u{202b}בתאריך יום ב׳, 2 בנוב׳ 2026 ב-10:15 מאת \u{202a}Ann Lee\u{202c}\u{200f} <\u{202a}ann@example.org\u{202c}\u{200f}>:\u{202c}",
        ],
        &[
            "في الاثنين، 2 نوفمبر 2026 في 10:15 ص تمت كتابة ما يلي بواسطة Ann Lee <",
            "ann@example.org>:",
        ],
        &["Vào Th 2, 2 thg 11, 2026 vào lúc 10:15 Ann Lee <ann@example.org> đã viết:"],
        &["ในวันที่ จ. 2 พ.ย. 2026 เวลา 10:15 Ann Lee <ann@example.org> เขียนว่า:"],
        &["Pada Sen, 2 Nov 2026 pukul 10.15 Ann Lee <ann@example.org> menulis:"],
        &["pon, 2. stu 2026. u 10:15 Ann Lee <ann@example.org> napisao je:"],
        &["El dl., 2 de nov. 2026 a les 10:15, Ann Lee <ann@example.org> va escriure:"],
    ];
    table.iter().for_each(|lines| check_attribution(lines));
}

#[test]
fn attributions_that_other_programs_write() {
    let table: &[&[&str]] = &[
        // Apple Mail.
        &["On 2 Nov 2026, at 10:15, Ann Lee <ann@example.org> wrote:"],
        &["Am 02.11.2026 um 10:15 schrieb Ann Lee <ann@example.org>:"],
        &["Le 2 nov. 2026 à 10:15, Ann Lee <ann@example.org> a écrit :"],
        &["El 2 nov 2026, a las 10:15, Ann Lee <ann@example.org> escribió:"],
        &[
            "Il giorno 2 nov 2026, alle ore 10:15, Ann Lee <ann@example.org> ha",
            "scritto:",
        ],
        &[
            "Op 2 nov. 2026, om 10:15 heeft Ann Lee <ann@example.org> het",
            "volgende geschreven:",
        ],
        &["Wiadomość napisana przez Ann Lee <ann@example.org> w dniu 2 lis 2026, o godz. 10:15:"],
        &["2. 11. 2026 v 10:15, Ann Lee <ann@example.org>:"],
        &["2 нояб. 2026 г., в 10:15, Ann Lee <ann@example.org> написал(а):"],
        &["2026/11/02 10:15、Ann Lee <ann@example.org>のメール:"],
        &["在 2026年11月2日，10:15，Ann Lee <ann@example.org> 写道："],
        // Thunderbird.
        &["On 02/11/2026 10:15, Ann Lee wrote:"],
        &["Am 02.11.26 um 10:15 schrieb Ann Lee:"],
        &["Le 02/11/2026 à 10:15, Ann Lee a écrit :"],
        &["Il 02/11/2026 10:15, Ann Lee ha scritto:"],
        &["Op 02-11-2026 om 10:15 schreef Ann Lee:"],
        &["W dniu 02.11.2026 o 10:15, Ann Lee pisze:"],
        &["Dne 2.11.2026 v 10:15 Ann Lee napsal(a):"],
        &["02.11.2026 10:15, Ann Lee пишет:"],
        &["02.11.2026 10:15, Ann Lee пише:"],
        &["2026. 11. 02. 10:15 keltezéssel, Ann Lee írta:"],
        &["2.11.2026 10.15, Ann Lee kirjoitti:"],
        &["Ann Lee skrev den 2026-11-02 kl. 10:15:"],
        &["On 2026/11/02 10:15, Ann Lee wrote:"],
        // Yahoo, Proton Mail, Notes, mutt, Gnus and lists.
        &["On Monday, November 2, 2026, 10:15:00 AM GMT+1, Ann Lee <ann@example.org> wrote:"],
        &["On Monday, November 2nd, 2026 at 10:15 AM, Ann Lee <ann@example.org> wrote:"],
        &["Ann Lee/ACME wrote on 11/02/2026 10:15:00 AM:"],
        &["On Mon, Nov 02, 2026 at 10:15:00AM +0100, Ann Lee wrote:"],
        &["Ann Lee <ann@example.org> writes:"],
        &["Ann Lee schrieb:"],
        &["* Ann Lee <ann@example.org> [2026-11-02 10:15]:"],
        &["*On Mon, 2 Nov 2026, Ann Lee wrote:*"],
        // A language that is not known.
        &["Ar 2 Samh 2026 ag 10:15, scríobh Ann Lee <ann@example.org>:"],
    ];
    table.iter().for_each(|lines| check_attribution(lines));
}

#[test]
fn original_messages_of_outlook() {
    let table: &[(&str, [&str; 4])] = &[
        (
            "-----Original Message-----",
            ["From: ", "Sent: ", "To: ", "Subject: "],
        ),
        (
            "-----Ursprüngliche Nachricht-----",
            ["Von: ", "Gesendet: ", "An: ", "Betreff: "],
        ),
        (
            "-----Message d'origine-----",
            ["De : ", "Envoyé : ", "À : ", "Objet : "],
        ),
        (
            "-----Mensaje original-----",
            ["De: ", "Enviado el: ", "Para: ", "Asunto: "],
        ),
        (
            "-----Messaggio originale-----",
            ["Da: ", "Inviato: ", "A: ", "Oggetto: "],
        ),
        (
            "-----Mensagem original-----",
            ["De: ", "Enviada em: ", "Para: ", "Assunto: "],
        ),
        (
            "-----Oorspronkelijk bericht-----",
            ["Van: ", "Verzonden: ", "Aan: ", "Onderwerp: "],
        ),
        (
            "-----Ursprungligt meddelande-----",
            ["Från: ", "Skickat: ", "Till: ", "Ämne: "],
        ),
        (
            "-----Opprinnelig melding-----",
            ["Fra: ", "Sendt: ", "Til: ", "Emne: "],
        ),
        (
            "-----Oprindelig meddelelse-----",
            ["Fra: ", "Sendt: ", "Til: ", "Emne: "],
        ),
        (
            "-----Alkuperäinen viesti-----",
            ["Lähettäjä: ", "Lähetetty: ", "Vastaanottaja: ", "Aihe: "],
        ),
        (
            "-----Wiadomość oryginalna-----",
            ["Od: ", "Wysłano: ", "Do: ", "Temat: "],
        ),
        (
            "-----Původní zpráva-----",
            ["Od: ", "Odesláno: ", "Komu: ", "Předmět: "],
        ),
        (
            "-----Исходное сообщение-----",
            ["От: ", "Отправлено: ", "Кому: ", "Тема: "],
        ),
        (
            "-----Вихідне повідомлення-----",
            ["Від: ", "Надіслано: ", "Кому: ", "Тема: "],
        ),
        (
            "-----Özgün İleti-----",
            ["Kimden: ", "Gönderildi: ", "Kime: ", "Konu: "],
        ),
        (
            "-----Αρχικό μήνυμα-----",
            ["Από: ", "Στάλθηκε: ", "Προς: ", "Θέμα: "],
        ),
        (
            "-----Eredeti üzenet-----",
            ["Feladó: ", "Elküldve: ", "Címzett: ", "Tárgy: "],
        ),
        (
            "-----Mesaj original-----",
            ["De la: ", "Trimis: ", "Către: ", "Subiect: "],
        ),
        (
            "-----元のメッセージ-----",
            ["差出人: ", "送信日時: ", "宛先: ", "件名: "],
        ),
        (
            "-----原始邮件-----",
            ["发件人: ", "发送时间: ", "收件人: ", "主题: "],
        ),
        (
            "-----原始郵件-----",
            ["寄件者：", "寄件日期：", "收件者：", "主旨："],
        ),
        (
            "-----원본 메시지-----",
            ["보낸 사람: ", "보낸 날짜: ", "받는 사람: ", "제목: "],
        ),
    ];
    let values = [
        "Ann Lee <ann@example.org>",
        "02.11.2026 10:15",
        "Bob",
        "Tea",
    ];
    for (line, labels) in table {
        let fields = |mark: &str| -> String {
            let rows = labels.iter().zip(values);
            rows.map(|(label, value)| format!("a {mark}{}{mark} {value}\n", label.trim_end()))
                .collect()
        };
        let (plain, bold) = (fields(""), fields("*"));
        check(&format!(
            "n Yes.\n\na {line}\n{plain}\n1 Tea at five?\n1 Ann\n"
        ));
        // Without the line, as later versions write it.
        check(&format!("n Yes.\n\n{bold}\n1 Tea at five?\n1 Ann\n"));
        check(&format!(
            "n Yes.\n\na ________________________________\n{plain}\n1 Tea at five?\n"
        ));
        // The line alone, as some telephones do.
        check(&format!("n Yes.\n\na {line}\n\n1 Tea at five?\n"));
        // The message before that one.
        let below = plain.replace("a ", "2 ");
        check(&format!(
            "n Yes.\n\n{plain}\n1 Tea at five?\n\n2 {line}\n{below}\n2 Hungry.\n"
        ));
    }
}

#[test]
fn forwarded_messages() {
    let table = [
        "---------- Forwarded message ---------",
        "-------- Forwarded Message --------",
        "Begin forwarded message:",
        "---------- Weitergeleitete Nachricht ----------",
        "Anfang der weitergeleiteten Nachricht:",
        "-------- Message transféré --------",
        "Début du message réexpédié :",
        "---------- Mensaje reenviado ---------",
        "---------- Messaggio inoltrato ---------",
        "Inizio messaggio inoltrato:",
        "---------- Mensagem encaminhada ---------",
        "---------- Doorgestuurd bericht ----------",
        "---------- Vidarebefordrat meddelande ---------",
        "---------- Videresendt melding ---------",
        "---------- Videresendt besked ---------",
        "---------- Välitetty viesti ---------",
        "---------- Przekazana wiadomość ---------",
        "---------- Přeposlaná zpráva ---------",
        "---------- Пересылаемое сообщение ---------",
        "-------- Переслане повідомлення --------",
        "---------- İletilmiş ileti ---------",
        "---------- Προωθημένο μήνυμα ---------",
        "---------- Továbbított üzenet ---------",
        "---------- Mesaj redirecționat ---------",
        "---------- 転送されたメッセージ ---------",
        "---------- 转发的邮件 ---------",
        "---------- 轉寄的郵件 ---------",
        "---------- 전달된 메시지 ---------",
        "----- Forwarded by Ann Lee/ACME on 11/02/2026 10:15 AM -----",
    ];
    for line in table {
        check(&format!(
            "n See below.\n\nf {line}\nf From: Ann <ann@example.org>\nf Date: Mon, 2 Nov 2026\nf Subject: Tea\nf To: Bob\n\nf Tea at five?\nf > older\n"
        ));
        check(&format!("f {line}\n\nf Tea at five?\n"));
    }
    let forward = Options::DEFAULT.is_forward(true);
    check_with(
        "n See below.\n\nf From: Ann\nf Sent: Monday\nf To: Bob\nf Subject: Tea\n\nf Tea at five?\n",
        &forward,
    );
}

#[test]
fn signatures() {
    check("n Yes.\n\ns -- \ns Ann\ns Long Road 5\n");
    check("n Yes.\n\ns --\ns Ann\n");
    check(
        "n Yes.\n\ns -- \ns Ann\n\na On Mon, 2 Nov 2026, Bob wrote:\n1 > Tea?\n1 > -- \n1 > Bob\n",
    );
    check("1 > Tea?\n\nn Yes.\n\ns -- \ns Ann\n");
    check(
        "n Yes.\n\ns _______________________________________________\ns tea mailing list\ns tea@lists.example.org\n",
    );
    // A greeting is no signature, nor is a line between paragraphs.
    check("n Yes.\n\nn Best regards,\nn Ann\n");
    let long = "n words\n".repeat(20);
    check(&format!("n Yes.\nn --\n{long}"));
    let table = [
        "Sent from my iPhone",
        "Get Outlook for iOS",
        "Sent with Proton Mail secure email.",
        "Von meinem iPhone gesendet",
        "Gesendet von Mail für Windows",
        "Envoyé de mon iPhone",
        "Enviado desde mi iPhone",
        "Inviato da iPhone",
        "Enviado do meu iPhone",
        "Verstuurd vanaf mijn iPhone",
        "Skickat från min iPhone",
        "Sendt fra min iPhone",
        "Lähetetty iPhonesta",
        "Wysłane z iPhone'a",
        "Odesláno z iPhonu",
        "Отправлено с iPhone",
        "Надіслано з iPhone",
        "iPhone'umdan gönderildi",
        "Στάλθηκε από το iPhone μου",
        "Elküldve az iPhone-omról",
        "Trimis de pe iPhone-ul meu",
        "iPhoneから送信",
        "发自我的 iPhone",
        "從我的 iPhone 傳送",
        "나의 iPhone에서 보냄",
        "נשלח מה-iPhone שלי",
        "أُرسلت من الـ iPhone",
    ];
    for line in table {
        check(&format!("n Yes.\n\ns {line}\n"));
        check(&format!(
            "n Yes.\n\ns {line}\n\na On Mon, 2 Nov 2026, Bob wrote:\n1 > Tea?\n"
        ));
    }
    check("n Sent from my desk by the window.\nn It is\nn a long\nn mail.\n");
}

#[test]
fn answers_between_quotes_stay_new() {
    check(
        "a Ann wrote:\n1 > Tea at five?\n\nn Yes.\n\n1 > With cake?\nn No.\n1 > Biscuits?\n\nn Of course.\n\ns -- \ns Bob\n",
    );
    check("1 > a\n2 > > b\n3 > >> c\n1 > d\n\nn e\n");
    check(
        "a Ann wrote:\n1 > > looks deeper\n"
            .replace("1 > >", "2 > >")
            .as_str(),
    );
    // Some programs wrap what they quote, and do not mark what is left over.
    check(
        "1 > This line is as long as lines may be, and one word more stands on the\n1 next\n1 > line.\nn Yes.\n",
    );
    check("1 > Short.\nn Yes.\n1 > Long?\n");
    check("1 ＞ 全角\nn はい\n");
    check("n a\nn >From here on it was stuffed.\nn b\n");
    check("n     > code\n");
}

#[test]
fn quotes_without_marks() {
    check(
        "n Yes.\n\na On Mon, 2 Nov 2026 at 10:15, Ann Lee <ann@example.org> wrote:\n\n1 Tea at five?\n\n1 Ann\n",
    );
    check("n Yes.\n\na Am 2.11.2026 schrieb Ann Lee <ann@example.org>:\n1 Tee?\n");
    for line in [
        "02.11.2026, 10:15, \"Ann Lee\" <ann@example.org>:",
        "пн, 2 нояб. 2026 г. в 10:15, Ann Lee <ann@example.org>:",
        "On Mon, 02 Nov 2026 10:15:00 +0100 Ann Lee <ann@example.org> wrote",
        "---- On Mon, 02 Nov 2026 10:15:00 +0100 ann@example.org wrote ----",
        "ma 2. marraskuuta 2026 klo 10.15 Ann Lee\na <ann@example.org> kirjoitti:",
        "On Nov 2, 2026, at 10:15, Ann Lee\na <ann@example.org>\na wrote:",
        "--- On Mon, 11/2/26, Ann Lee <ann@example.org> wrote:\n\na From: Ann\na Subject: Tea\na To: Bob\na Date: Monday",
    ] {
        check(&format!("n Yes.\n\na {line}\n\n1 Tea at five?\n"));
    }
    check(
        "n Yes.\n\na man. 2. nov. 2026 kl. 10:15 skrev Ann Lee <ann@example.org\na >:\n\n1 > Te?\n",
    );
    // Prose is not taken for it.
    check("n As Ann wrote:\n\nn it rains.\n");
    check("n On 2 May she wrote:\nn it rains.\n");
    check(
        "n My list:\nn > not so much a quote\n"
            .replace("n >", "1 >")
            .as_str(),
    );
}

#[test]
fn attributions_may_be_marked_as_what_they_introduce() {
    check(
        "n Yes.\n\na > On 2 Nov 2026, at 10:15, Ann Lee <ann@example.org> wrote:\n1 > \n1 > Tea?\n",
    );
    check(
        "n Yes.\n\na > From: Ann\na > To: Bob\na > Date: Monday\na > Subject: Tea\n1 >\n1 > Tea?\n",
    );
    check("1 > On 2 Nov 2026, at 10:15, Ann Lee <ann@example.org> wrote:\n2 >> Tea?\n");
}

#[test]
fn what_is_no_quote_is_new() {
    // The header of a report, and a list of data.
    check("n This is about:\n\nn   Date: Monday\nn   From: Ann\nn   To: Bob\nn   Subject: Tea\n");
    check("n To: Ann\nn From: Bob\nn Subject: Tea\n");
    check("");
    check("n Hello\n");
    check("n From: here\nn To: there\n");
    check("n Subject: to change\n");
    check("n -----\nn Text between lines\nn -----\n");
    check("n -- not a fence\n");
    check("n Meeting at 10:30:\nn we met.\n");
    check("n a -> b\nn x > y\n");
}

#[test]
fn a_marker_of_the_caller_ends_the_new_text() {
    let options = Options::DEFAULT.marker("## reply above this line ##");
    check_with(
        "n Yes.\n\n1 ## reply above this line ##\n1 Your ticket 5 was opened.\n",
        &options,
    );
    check_with(
        "n Yes.\n\na On Mon, 2 Nov 2026, Help wrote:\n1 > ## reply above this line ##\n1 > Your ticket\n1 lost its marks\n",
        &options,
    );
}

#[test]
fn flowed_quotes_have_no_spaces() {
    // mime-3676-4.4-01, mime-3676-4.5-01
    let options = Options::DEFAULT.flowed(true);
    check_with("n  > stuffed\n1 > > one level\n2 >> two\n", &options);
    check("2 > > two levels\n");
}

#[test]
fn the_header_weighs_what_is_seen() {
    let bare = "Yes.\n\nOn Mon, 2 Nov 2026 at 10:15, Ann Lee <ann@example.org> wrote:\n\nTea?\n";
    let confidence = |text: &str, is_reply| {
        let split = split_text(text, &Options::DEFAULT.is_reply(is_reply));
        split.spans.last().unwrap().confidence
    };
    assert_eq!(confidence(bare, Some(true)), Confidence::Likely);
    assert_eq!(confidence(bare, Some(false)), Confidence::Guess);
    assert_eq!(confidence("> a\n", Some(true)), Confidence::Certain);
    assert_eq!(confidence("> a\n", Some(false)), Confidence::Likely);
    // What is only guessed is new text then.
    let guess = "Yes.\n\nOn Mon, 2 Nov 2026 at 10:15, Ann wrote:\n\nTea?\n";
    assert_eq!(split_text(guess, &Options::DEFAULT).spans.len(), 3);
    let split = split_text(guess, &Options::DEFAULT.is_reply(Some(false)));
    assert_eq!(split.spans.len(), 1);
}
