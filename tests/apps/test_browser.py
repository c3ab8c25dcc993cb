"""The examples clicked through in headless Chromium. With SCREENSHOTS=docs/img the pictures for the documentation are written there
(`make screenshots`), otherwise beside the test's own files."""

import importlib
import json
import os
import shutil
import sqlite3
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from . import servers, twins

webdriver = pytest.importorskip("selenium.webdriver", reason="no Selenium: pip install selenium")
By = importlib.import_module("selenium.webdriver.common.by").By
Wait = importlib.import_module("selenium.webdriver.support.wait").WebDriverWait
errors = importlib.import_module("selenium.common.exceptions")
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (BROWSER and DRIVER), reason="no browser: apt-get install chromium chromium-driver")
CLEF = "roman à clef"


@pytest.fixture(scope="module")
def chromium():
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars", "--window-size=860,520"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def copy(tmp_path):
    return twins.copies(tmp_path / "copies")["cormorant"]


@pytest.fixture
def shoot(chromium, tmp_path):
    def shoot(name):
        folder = Path(os.environ.get("SCREENSHOTS") or tmp_path)
        folder.mkdir(parents=True, exist_ok=True)
        assert chromium.save_screenshot(str(folder / f"{name}.png"))
        size = (folder / f"{name}.png").stat().st_size
        assert 5_000 < size < 200_000, "a page with a table, small enough for a repository"

    return shoot


class Page:
    """What a reader does with a page."""

    def __init__(self, driver, url):
        self.driver, self.url = driver, url
        driver.delete_all_cookies()
        driver.get(url)

    def open(self, path):
        self.driver.get(self.url + path)

    def click(self, element):
        """Clicks on what leads to another page, and waits for that."""
        old = self.driver.find_element(By.TAG_NAME, "html")
        element.click()
        Wait(self.driver, 20).until(lambda driver: self.is_gone(old))
        Wait(self.driver, 20).until(lambda driver: driver.execute_script("return document.readyState") == "complete")

    @staticmethod
    def is_gone(element):
        """Whether the element's page was left; while it is being left, the driver has other words for that."""
        try:
            element.is_enabled()
        except errors.StaleElementReferenceException:
            return True
        except errors.WebDriverException as e:
            if "does not belong to the document" not in str(e):
                raise
            return True
        return False

    def follow(self, text):
        self.click(self.driver.find_element(By.LINK_TEXT, text))

    def press(self, name):
        self.click(self.driver.find_element(By.ID, name))

    def fill(self, **fields):
        for name, value in fields.items():
            field = self.driver.find_element(By.NAME, name)
            field.clear()
            field.send_keys(value)

    def row(self, text):
        """The table row in which a text stands."""
        return next(row for row in self.driver.find_elements(By.TAG_NAME, "tr") if text in row.text)

    @property
    def rows(self):
        return [row.text for row in self.driver.find_elements(By.CSS_SELECTOR, "tr")][1:]

    @property
    def flashes(self):
        return [message.text for message in self.driver.find_elements(By.CLASS_NAME, "flash")]

    @property
    def title(self):
        return self.driver.find_element(By.TAG_NAME, "h1").text

    @property
    def text(self):
        return self.driver.find_element(By.TAG_NAME, "body").text

    @property
    def path(self):
        return urlsplit(self.driver.current_url).path


def table(path, query):
    with sqlite3.connect(path) as db:
        return db.execute(query).fetchall()


def test_books(copy, chromium, tmp_path, shoot):
    url = f"sqlite:///{tmp_path}/books.db"
    assert twins.run(copy, "cormorant", url, "-m", "examples.books.fill") == "5 books\n"
    assert twins.run(copy, "cormorant", url, "-m", "examples.books.fill") == "5 books\n"
    with servers.serve(copy, "cormorant", url, "-m", "examples.books.app") as address:
        page = Page(chromium, address)
        assert page.title == "Books" and len(page.rows) == 5
        shoot("books")
        page.press("new")
        page.fill(title="Les Mandarins", author="Simone de Beauvoir", genre=CLEF)
        page.press("save")
        assert page.path in ("/", "/books") and page.flashes == ["Added “Les Mandarins”."] and CLEF in page.row("Mandarins").text and len(page.rows) == 6

        page.press("new")
        page.fill(title="Emma", author="Somebody", genre="copy")
        page.press("save")
        assert page.flashes == ["“Emma” is there already."]
        page.follow("All books")
        assert len(page.rows) == 6 and page.flashes == []

        page.click(page.row("Emma").find_element(By.LINK_TEXT, "Edit"))
        assert chromium.find_element(By.NAME, "author").get_attribute("value") == "Jane Austen"
        page.fill(title="Emma <b>&amp;</b>", genre=f"no {CLEF}")
        page.press("save")
        assert "Emma <b>&amp;</b> Jane Austen" in page.row("Emma").text and chromium.find_elements(By.TAG_NAME, "b") == []

        page.click(page.row("Bell Jar").find_element(By.LINK_TEXT, "Delete"))
        assert "“The Bell Jar” by Sylvia Plath" in page.text
        page.press("delete")
        assert page.flashes == ["Deleted."] and len(page.rows) == 5
        page.open("/books/999/edit/")
        assert page.title == "Not Found" and "There is no book 999." in page.text
    rows = table(tmp_path / "books.db", "SELECT title, genre FROM book ORDER BY id")
    assert ("Les Mandarins", CLEF) in rows and ("Emma <b>&amp;</b>", f"no {CLEF}") in rows and len(rows) == 5
    assert "look at http://127.0.0.1:" in (copy / "server.log").read_text(encoding="utf-8")


def test_students(copy, chromium, tmp_path, shoot):
    url = f"sqlite:///{tmp_path}/students.db"
    twins.run(copy, "cormorant", url, "-m", "examples.students.create")
    assert twins.run(copy, "cormorant", url, "-m", "examples.students.fill") == "6 students\n"
    with servers.serve(copy, "cormorant", url, "-m", "flask", "--app", "examples.students.app", "run", "--port", "{port}") as address:
        page = Page(chromium, address)
        assert page.title == "Students" and len(page.rows) == 6 and "6 students." in page.text
        shoot("students")
        for n in range(6):
            page.press("new")
            page.fill(firstname=f"Jean {n}", lastname="Zola", email=f"jean{n}@example.com", age=str(20 + n), bio=f"{CLEF}\n{n}")
            page.press("save")
            assert page.flashes == ["Added."]
        assert len(page.rows) == 10
        page.follow("Next page")
        assert [row.split(" ")[0] for row in page.rows] == ["Søren", "Σοφία"] and "12 students." in page.text
        page.follow("Previous page")
        page.follow("Jean 5 Zola")
        assert page.title == "Jean 5 Zola" and "25 years old" in page.text and CLEF in page.text
        page.follow("Edit")
        page.fill(email="jean0@example.com")
        page.press("save")
        assert page.flashes == ["Another student has this e-mail address."]
        page.fill(email="jean@example.com", age="")
        page.press("save")
        assert page.flashes == ["Saved."]
        page.click(page.row("O'Brien").find_element(By.TAG_NAME, "button"))
        assert page.flashes == ["Deleted."] and "11 students." in page.text
    rows = table(tmp_path / "students.db", "SELECT firstname, email, age, bio FROM student WHERE lastname = 'Zola' ORDER BY firstname")
    assert len(rows) == 6 and rows[5] == ("Jean 5", "jean@example.com", None, f"{CLEF}\r\n5")


def test_library(copy, chromium, tmp_path, shoot):
    pytest.importorskip("flask_login", reason="no Flask-Login: pip install flask-login")
    pytest.importorskip("flask_migrate", reason="no Flask-Migrate: pip install flask-migrate")
    url = f"sqlite:///{tmp_path}/library.db"
    make = "from examples.library import create_app; from examples.library.extensions import db; app = create_app(); app.app_context().push(); db.create_all()"
    twins.run(copy, "cormorant", url, "-c", make)
    with servers.serve(copy, "cormorant", url, "-m", "flask", "--app", "examples.library", "run", "--port", "{port}") as address:
        page = Page(chromium, address)
        assert page.path == "/auth/login" and page.flashes == ["Please log in."]
        page.follow("Register")
        page.fill(name="Ann", password="secret")
        page.press("enter")
        assert page.path == "/" and "Log out Ann" in page.text
        for title in ("Emma", "Persuasion", *(f"Volume {n}" for n in range(8))):
            page.press("new")
            page.fill(title=title, author="Jane Austen", tags=f"{CLEF}, novel", read_on="2013-07-30", notes="à\nlire")
            page.press("save")
            assert page.title == title
        emma = next(row for row in table(tmp_path / "library.db", "SELECT public_id FROM book WHERE title = 'Emma'"))[0]
        page.follow("Books")
        assert len(page.rows) == 8 and "1 to 8 of 10." in page.text
        shoot("library")
        page.follow("2")
        assert len(page.rows) == 2 and "9 to 10 of 10." in page.text
        page.follow("Tags")
        assert page.rows == ["novel 10 2013-07-30", f"{CLEF} 10 2013-07-30"]
        page.press("new")
        page.fill(title="Emma")
        page.press("save")
        assert page.title == "Conflict" and "You have a book of this title already." in page.text
        page.press("logout")

        page.follow("Register")
        page.fill(name="Bob", password="other")
        page.press("enter")
        assert "0 to 0 of 0." in page.text
        page.open(f"/books/{emma[:8]}-{emma[8:12]}-{emma[12:16]}-{emma[16:20]}-{emma[20:]}/edit")
        assert page.title == "Not Found"
        page.press("logout")

        page.fill(name="Ann", password="wrong")
        page.press("enter")
        assert page.flashes == ["Name or password is wrong."]
        page.fill(name="Ann", password="secret")
        page.press("enter")
        page.follow("Emma")
        page.press("edit")
        page.fill(title="Emma, again", tags="classic")
        page.press("save")
        assert page.title == "Emma, again" and page.flashes == ["Saved."]
        page.press("delete")
        assert page.flashes == ["Deleted."] and "1 to 8 of 9." in page.text
    assert table(tmp_path / "library.db", "SELECT count(*) FROM book JOIN user ON user.id = owner_id WHERE user.name = 'Ann'") == [(9,)]


def test_shop_and_users(copy, chromium, tmp_path):
    url = f"sqlite:///{tmp_path}/shop.db"
    fill = "from examples.shop.app import *; c = app.test_client(); [c.post('/products', json={'name': f'Écran {n}', 'price': n}) for n in (27, 24)]"
    twins.run(copy, "cormorant", url, "-c", fill)
    with servers.serve(copy, "cormorant", url, "-m", "flask", "--app", "examples.shop.app", "run", "--port", "{port}") as address:
        page = Page(chromium, f"{address}/products?max_price=26")
        shown = json.loads(chromium.find_element(By.TAG_NAME, "pre").text)
        assert [(product["name"], product["price"]) for product in shown["products"]] == [("Écran 24", "24.00")]
        page.open("&q=nothing")
        assert json.loads(chromium.find_element(By.TAG_NAME, "pre").text)["total"] == 0
    users = "from examples.users_shell.app import *; app.app_context().push(); db.create_all(); db.session.add(User(username='Zoë', email='z')); db.session.commit()"
    twins.run(copy, "cormorant", url, "-c", users)
    with servers.serve(copy, "cormorant", url, "-m", "flask", "--app", "examples.users_shell.app", "run", "--port", "{port}") as address:
        Page(chromium, address)
        assert json.loads(chromium.find_element(By.TAG_NAME, "pre").text) == {"Zoë": "z"}
