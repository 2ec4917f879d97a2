"""Each program, with its quick start, goes through the life of a session."""

from concurrent.futures import ThreadPoolExecutor

from tests.clients.applications import TOKEN
from tests.clients.programs import started

AT_ONCE = 8


def test_eight_people_sign_in_at_once_and_refresh(program):
    def lives(_):
        with started(*program) as (running, browser):
            said = [running.sign_in(browser), running.refresh(), running.refresh()]
        assert all(map(TOKEN.fullmatch, said)), said
        return said[-1]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert len(set(pool.map(lives, range(AT_ONCE)))) == AT_ONCE


def test_eight_refreshes_of_one_session_at_once_are_all_answered(program):
    with started(*program) as (running, browser):
        running.sign_in(browser)
        said = running.refresh_at_once(AT_ONCE)
        assert len(said) == AT_ONCE
        assert all(map(TOKEN.fullmatch, said)), said
        assert TOKEN.fullmatch(running.refresh())


def test_after_a_log_out_the_refusal_is_shown_readably(program):
    with started(*program) as (running, browser):
        asked = {"id_token_hint": running.sign_in(browser)}
        assert TOKEN.fullmatch(running.refresh())
        page = browser.open(f"{program[1]}/oauth/logout", asked)
        assert "You are signed out" in page.text
        assert "invalid_grant" in running.refresh()
