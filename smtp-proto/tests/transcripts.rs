//! Sessions as transcripts, replayed under every cut and with early and late answers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use support::App;
use wire_core::transcript::replay;

fn hold(name: &str, text: &str) {
    if let Err(mismatch) = replay(text, || App::configured(text)) {
        panic!("{name}, {mismatch}");
    }
}

macro_rules! transcripts {
    ($($name:ident)*) => { $(
        #[test]
        fn $name() {
            hold(stringify!($name), include_str!(concat!("transcripts/", stringify!($name), ".txt")));
        }
    )* };
}

transcripts! {
    mechanisms_of_the_application_run
    success_with_octets_is_a_last_challenge
    raw_exchanges_are_framed_like_all
    raw_challenges_may_be_long
    raw_answers_can_be_lost_and_late
    raw_mechanisms_wait_for_tls
    a_proxied_client_does_not_wait_again
    a_server_that_goes_down_greets_nobody_anew
    a_proxy_speaks_for_its_client
    xclient_is_for_trusted_peers_only
    what_is_not_configured_is_not_trusted
    a_proxy_with_much_to_say_sends_several
    a_filter_speaks_for_many_clients
    xclient_can_be_refused
    attributes_are_checked
    xforward_is_for_one_message
    a_proxied_client_is_asked_for_anew
    tls_forgets_what_a_proxy_said
    a_proxied_login_counts
    faults_of_one_client_are_not_the_next_ones
    lmtp_proxies_speak_for_their_clients
    chunks_are_taken
    habits_are_refused_by_default
    spaces_behind_the_colon_are_taken_where_allowed
    paths_without_brackets_are_taken_where_allowed
    dots_are_loose_where_allowed
    underscores_in_domains_are_taken_where_allowed
    paths_without_a_domain_are_taken_where_allowed
    any_name_is_taken_where_allowed
    local_parts_are_as_long_as_allowed
    chunks_out_of_place_are_eaten
    refused_chunks_are_eaten_to_the_last
    chunks_of_text_have_whole_lines
    binary_messages_keep_every_octet
    each_recipient_has_its_own_reply
    reports_are_asked_for
    times_of_delivery_are_bounded
    other_parameters_are_read
    lmtp_answers_for_each_recipient_of_chunks
    a_message_is_taken
    a_transaction_is_aborted
    pipelined_commands_are_answered_in_order
    lmtp_answers_for_each_recipient
    commands_out_of_order_change_nothing
    arguments_are_checked
    verbs_ignore_case
    paths_are_read_as_the_rfc_has_them
    parameters_are_checked
    utf8_needs_smtputf8
    size_is_enforced
    end_of_data_is_one_thing_only
    bare_line_ends_are_refused
    bare_line_ends_are_repaired
    nul_is_refused_where_configured
    text_lines_are_limited
    starttls_forgets_everything
    tls_is_required
    auth_plain_and_login
    auth_fails
    auth_is_required
    acting_as_another_is_asked_for
    queries_touch_nothing
    an_unwelcome_client_may_only_quit
    early_talk_is_told
    early_talk_is_refused
    timeouts_close_with_421
    slow_data_is_cut
    decisions_expire
    shutdown_drains
    shutdown_cuts_now
    tarpits_hold_replies
    faults_are_counted
    recipients_are_limited
    refused_recipients_are_limited
    transactions_are_limited
    idle_commands_are_limited
    long_lines_are_refused_once
    http_is_turned_away
    refused_chunks_are_no_commands
    a_message_can_be_refused_at_any_time
    answers_that_do_not_fit_become_451
    the_peer_goes_away
    own_words_keep_nothing_open
    a_half_closed_client_gets_its_replies
    a_name_is_not_held_against_a_client
    what_is_not_shown_does_not_work
    what_is_shown_works
    replies_are_not_held_back
    without_a_recipient_there_is_no_message
    what_a_message_says_is_not_judged
    queries_get_the_words_of_the_application
    lmtp_recipients_fail_alone
    lmtp_results_can_be_held_and_late
    refusals_of_a_login_are_counted
    aborted_commands_never_succeed
    hello_replies_have_no_enhanced_codes
    the_greeting_is_always_one
    endless_refusals_end
    a_refused_message_takes_no_endless_recipients
    a_lost_chunk_fails_the_message
    refused_chunks_in_lmtp_have_a_reply
    one_answer_waits_once_and_closes_last
    chunks_cannot_hold_a_session
    empty_chunks_are_limited
    recipients_cannot_hold_a_session
    slow_refused_chunks_are_eaten
    every_reply_has_an_enhanced_code
    etrn_is_for_between_messages
    auth_is_shown_where_it_works
    tls_comes_by_starttls
    early_talk_shows_while_a_greeting_is_decided
    decisions_over_chunks_expire
    too_big_is_no_fault
    initial_responses_may_be_long
    starttls_forgets_a_login
    a_day_of_a_relay
    a_server_that_begins_takes_no_initial_response
    lmtp_takes_a_message_for_some
    chunks_come_in_one_write
    an_exchange_has_its_steps
}
