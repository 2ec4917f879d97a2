"""Fair turns among networks, among the accounts of a network, and for known callers."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from reticket.core.queues.fair_queue import CROWD, IN_A_ROW, OLDEST_EVERY, FairQueue, Requester
from reticket.core.queues.recent_events import REMEMBERED, RecentEvents

OWNER = Requester("198.51.100.1", "ada", True)


def stranger(number, account="ada"):
    return Requester(f"192.0.2.{number}", account, False)


def filled(*joins, places=64):
    """The turns, and what had no place."""
    turns, refused = FairQueue(places), []
    for number, whose in enumerate(joins):
        dropped = turns.join(whose, (whose, number))
        refused += [] if dropped is None else [dropped[0]]
    return turns, refused


def order(turns):
    return [item[0] for item in iter(turns.next, None)]


def test_networks_take_turns_even_if_one_sends_many_requests():
    turns, refused = filled(*[stranger(1)] * 30, stranger(2), stranger(3))
    assert order(turns)[:4] == [stranger(1), stranger(2), stranger(3), stranger(1)]
    assert refused == []


def test_accounts_of_one_network_take_turns():
    turns, _ = filled(*[stranger(1, "ada")] * 30, stranger(1, "grace"))
    assert order(turns)[:3] == [stranger(1, "ada"), stranger(1, "grace"), stranger(1, "ada")]


def test_many_accounts_of_one_network_do_not_delay_another_network():
    turns, _ = filled(*[stranger(1, f"name {each}") for each in range(40)], stranger(2))
    assert order(turns).index(stranger(2)) == 1


def test_known_requesters_go_before_unknown_ones():
    turns, _ = filled(*[stranger(each) for each in range(50)], OWNER)
    assert order(turns)[0] == OWNER


def test_one_account_from_many_networks_has_one_turn_in_a_round():
    thief = [Requester(f"192.0.2.{each}", "eve", True) for each in range(50)]
    turns, _ = filled(*thief, OWNER)
    assert order(turns).index(OWNER) == 1


def test_unknown_requesters_are_not_starved_by_known_ones():
    known = [Requester("198.51.100.1", f"name {each}", True) for each in range(30)]
    turns, _ = filled(*known, stranger(1), stranger(2))
    served = order(turns)
    assert served.index(stranger(1)) == IN_A_ROW
    assert served.index(stranger(2)) == 2 * IN_A_ROW + 1


def test_one_known_account_has_no_more_turns_than_unknown_requesters():
    turns, _ = filled(*[OWNER] * 10, *[stranger(each) for each in range(10)])
    assert [each.known for each in order(turns)[:6]] == [True, False] * 3


def served_often(*networks, places=64, times=3):
    """The turns after those have had so many; they ask again at once each time."""
    turns, _ = filled(*networks, places=places)
    for _ in range(times * len(networks)):
        whose, number = turns.next()
        turns.join(whose, (whose, number))
    return turns


def test_a_new_network_goes_before_networks_that_repeat_requests():
    turns = served_often(*[stranger(each) for each in range(50)])
    turns.join(stranger(99), (stranger(99), 0))
    assert stranger(99) in order(turns)[:2]


def test_a_new_network_goes_before_a_crowd_that_arrived_just_before():
    turns, _ = filled(*[stranger(each) for each in range(50)], stranger(99))
    assert order(turns)[0] == stranger(99)


def test_a_crowd_that_leaves_and_returns_does_not_count_as_new():
    crowd = [stranger(each) for each in range(50)]
    turns, _ = filled(*crowd)
    turns.join(stranger(99), (stranger(99), 0))
    for number, whose in enumerate(crowd):
        turns.leave(whose, (whose, number))
        turns.join(whose, (whose, number))
    assert turns.next()[0] == stranger(99)


def test_the_oldest_network_of_a_crowd_is_not_starved_by_newer_ones():
    turns, _ = filled(*[stranger(each) for each in range(50)])
    for number in range(100, 100 + OLDEST_EVERY):
        turns.join(stranger(number), (stranger(number), 0))
    assert stranger(0) in [turns.next()[0] for _ in range(OLDEST_EVERY)]


def test_a_few_networks_have_turns_in_the_order_of_arrival():
    few = [stranger(each) for each in range(CROWD)]
    turns, _ = filled(*few)
    assert order(turns) == few


def test_a_second_attempt_goes_before_a_tenth():
    turns = served_often(*[stranger(each) for each in range(50)], times=10)
    for _ in range(2):
        turns.join(stranger(99), (stranger(99), 0))
        assert stranger(99) in [turns.next()[0] for _ in range(2)]


def test_a_busy_network_is_not_starved_by_new_networks():
    turns = served_often(stranger(1))
    for number in range(100, 100 + OLDEST_EVERY):
        turns.join(stranger(number), (stranger(number), 0))
    assert stranger(1) in [turns.next()[0] for _ in range(OLDEST_EVERY)]


def test_old_turns_do_not_count():
    lately = RecentEvents()
    for name in ("old", *["new"] * REMEMBERED):
        lately.note(name)
    assert (lately.times("old"), lately.times("new")) == (0, REMEMBERED)


def test_a_full_queue_accepts_a_network_that_had_fewer_turns():
    turns = served_often(*[stranger(each) for each in range(8)], places=8)
    dropped = turns.join(stranger(99), (stranger(99), 0))
    assert dropped[0] != stranger(99)
    assert stranger(99) in order(turns)[:2]


def test_a_full_queue_drops_a_request_of_the_largest_group():
    turns, refused = filled(*[stranger(1)] * 8, stranger(2), places=8)
    assert refused == [stranger(1)]
    assert Counter(order(turns)) == {stranger(1): 7, stranger(2): 1}


def test_only_the_network_that_fills_the_queue_is_refused():
    _, refused = filled(stranger(2), *[stranger(1)] * 20, places=8)
    assert set(refused) == {stranger(1)}


def test_equal_groups_keep_their_places():
    _, refused = filled(*[stranger(each) for each in range(8)], stranger(9), places=8)
    assert refused == [stranger(9)]


def test_a_known_requester_is_accepted_when_unknown_ones_fill_the_queue():
    turns, refused = filled(*[stranger(each) for each in range(200)], OWNER, places=8)
    assert OWNER not in refused
    assert order(turns)[0] == OWNER


def test_known_requesters_leave_a_fourth_of_the_places_to_unknown_ones():
    known = [Requester("198.51.100.1", f"name {each}", True) for each in range(20)]
    turns, refused = filled(*known, *[stranger(each) for each in range(20)], places=8)
    assert Counter(each.known for each in order(turns)) == {True: 6, False: 2}
    turns, _ = filled(*[stranger(each) for each in range(20)], *known, places=8)
    assert Counter(each.known for each in order(turns)) == {True: 6, False: 2}
    assert len(refused) == 32


def test_a_cancelled_requester_leaves_its_place():
    turns, _ = filled(stranger(1), stranger(2), OWNER, places=3)
    assert turns.leave(stranger(1), (stranger(1), 0))
    assert not turns.leave(stranger(1), (stranger(1), 0))
    assert turns.join(stranger(3), (stranger(3), 9)) is None
    assert order(turns) == [OWNER, stranger(2), stranger(3)]
    assert turns.next() is None


WHOSE = st.builds(
    Requester, st.sampled_from("abc"), st.sampled_from(["ada", "grace"]), st.booleans()
)


@given(st.lists(st.one_of(WHOSE, st.none()), max_size=80), st.integers(1, 8))
def test_every_request_is_served_exactly_once(steps, places):
    turns, out, joined = FairQueue(places), [], []
    for number, whose in enumerate(steps):
        if whose is None:
            out.append(turns.next())
        else:
            joined.append(number)
            out.append(turns.join(whose, number))
        assert len(turns) <= places
    out += [*iter(turns.next, None)]
    assert sorted(each for each in out if each is not None) == joined
    assert len(turns) == 0
