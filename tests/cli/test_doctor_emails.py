"""`reticket doctor` names people whom their own e-mail address does not find."""

from sqlalchemy import text

ADA = "ada@example.com"
LOSE = "UPDATE users SET email_folded = 'x' WHERE id = :id"


def test_doctor_names_a_person_whom_the_address_does_not_find(shell):
    assert "ok       e-mail addresses" in shell.run("doctor")
    instance = shell.instance()
    user = instance.directory.user_by_email(ADA)
    with instance.directory.database.change() as connection:
        connection.execute(
            text("UPDATE users SET email_folded = 'x' WHERE id = :id"), {"id": user.id}
        )
    instance.close()
    told = shell.run("doctor")
    assert "warning  e-mail addresses: 1 users cannot sign in" in told
    assert user.id in told
