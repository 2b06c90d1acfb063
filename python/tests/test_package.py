"""The package as a thing to install: its public names, what an import costs, and what it learns about the machine."""

import ast
import os
import subprocess
import sys
import unittest

import xtrack
from xtrack._system.environment import clean_remote, environment, source

from .case import PACKAGE, FolderCase

SOURCES = os.path.join(PACKAGE, "xtrack")


class Package(FolderCase):
    def test_the_public_names_are_those_of_the_table_of_contents(self):
        found = {name for name, value in vars(xtrack).items() if not isinstance(value, type(os))}
        public = {name for name in found if not name.startswith("_")} | {"__version__"}
        self.assertEqual(public, set(xtrack.__all__))

    def test_nothing_but_the_standard_library_is_imported(self):
        known = set(sys.builtin_module_names) | set(getattr(sys, "stdlib_module_names", ()))
        if not hasattr(sys, "stdlib_module_names"):
            self.skipTest("this Python does not list its standard library")
        found = set()
        for name in os.listdir(SOURCES):
            if name.endswith(".py"):
                with open(os.path.join(SOURCES, name), encoding="utf-8") as file:
                    for node in ast.walk(ast.parse(file.read())):
                        if isinstance(node, ast.Import):
                            found |= {alias.name.split(".")[0] for alias in node.names}
                        elif isinstance(node, ast.ImportFrom) and node.level == 0:
                            found.add(node.module.split(".")[0])
        self.assertEqual(found - known, {"typing_extensions"} & found)  # for type checkers alone

    def test_an_import_is_light(self):
        heavy = {"socket", "subprocess", "ssl", "hashlib", "tempfile", "uuid", "dataclasses", "inspect", "logging"}
        heavy |= {"html", "urllib.parse"}
        script = f"""
        import sys
        before = set(sys.modules)
        import xtrack
        print(sorted({heavy} & set(sys.modules) - before))
        """
        code, out, err = self.script(script)
        self.assertEqual((code, out.strip(), err), (0, "[]", ""))

    def test_both_forms_of_start_run(self):
        os.environ["XTRACK_TRANSPORT"] = "null"
        self.addCleanup(os.environ.pop, "XTRACK_TRANSPORT", None)
        for start in (xtrack.Tracker.start_run, xtrack.Tracker().start_run, xtrack.start_run):
            with self.subTest(start=start):
                with start(name="n", params={"a": 1}, tags={"b": "c"}) as run:
                    self.assertIs(xtrack.active_run(), run)
                self.assertIsNone(xtrack.active_run())

    def test_functions_without_a_run_say_so_once(self):
        script = "import xtrack\nfor _ in range(3): xtrack.log_metric('a', 1)\nxtrack.log('x'); xtrack.end_run()"
        code, _, err = self.script(script)
        self.assertEqual((code, len(err.splitlines())), (0, 1))


class DataFolder(FolderCase):
    def test_it_is_private_whoever_makes_it(self):
        """With the usual umask, and when no server has made it before."""
        made = self.path("above", "data")
        script = "import os; os.umask(0o022)\nimport xtrack; xtrack.start_run().end()"
        code, _, err = self.script(script, XTRACK_DATA=made)
        self.assertEqual(code, 0, err)
        for folder, names, files in os.walk(made):
            for each in [folder, *(os.path.join(folder, name) for name in names + files)]:
                self.assertEqual(os.stat(each).st_mode & 0o077, 0, each)


class Environment(FolderCase):
    def test_a_module_that_does_not_want_to_be_asked(self):
        class Shy(type(os)):
            __file__ = "/elsewhere/shy.py"

            def __getattr__(self, name):
                raise RuntimeError(name)

        sys.modules["shy"] = Shy("shy")
        self.addCleanup(sys.modules.pop, "shy")
        self.assertNotIn("shy", environment()["packages"])

    def git(self, *arguments):
        identity = ["-c", "user.name=n", "-c", "user.email=e@x", "-c", "commit.gpgsign=false"]
        return (
            subprocess.run(["git", *identity, *arguments], cwd=self.folder, check=True, capture_output=True)
            .stdout.decode()
            .strip()
        )

    def test_the_state_of_the_repository(self):
        script = self.path("train.py")
        with open(script, "w") as file:
            file.write("pass\n")
        self.git("init", "-q", "-b", "topic/x")
        self.git("add", ".")
        self.git("commit", "-q", "-m", "c")
        self.git("remote", "add", "origin", "https://user:secret@example.org/r.git")
        found = source(script)
        self.assertEqual(found["git_commit"], self.git("rev-parse", "HEAD"))
        self.assertEqual((found["git_branch"], found["git_dirty"]), ("topic/x", False))
        self.assertEqual(found["git_repo"], "https://example.org/r.git")
        self.git("pack-refs", "--all")
        with open(script, "a") as file:
            file.write("pass\n")
        again = source(script)
        self.assertEqual((again["git_commit"], again["git_dirty"]), (found["git_commit"], True))
        self.assertNotEqual(again["code_hash"], found["code_hash"])

    def test_a_linked_work_tree(self):
        self.git("init", "-q", "-b", "main")
        self.git("commit", "-q", "--allow-empty", "-m", "c")
        self.git("worktree", "add", "-q", "-b", "side", "tree")
        found = source(self.path("tree", "train.py"))
        self.assertEqual((found["git_branch"], found["git_commit"]), ("side", self.git("rev-parse", "HEAD")))

    def test_no_repository_and_no_git_are_fine(self):
        self.assertEqual(source(self.path("train.py")), {"entrypoint": self.path("train.py")})

    def test_remotes_without_their_secrets(self):
        cases = [
            ("https://token@example.org/a/b.git?x=1#y", "https://example.org/a/b.git"),
            ("ssh://git@example.org:22/a", "ssh://example.org:22/a"),
            ("git@example.org:a/b.git", "git@example.org:a/b.git"),
            ("/srv/r.git", "/srv/r.git"),
        ]
        for url, clean in cases:
            with self.subTest(url=url):
                self.assertEqual(clean_remote(url), clean)

    def test_only_harmless_variables_are_recorded(self):
        given = {"RANK": "1", "SLURM_JOB_ID": "7", "SLURM_JWT": "x", "AWS_SECRET_ACCESS_KEY": "x", "XTRACK_TOKEN": "x"}
        self.assertEqual(environment(given)["env_vars"], {"RANK": "1", "SLURM_JOB_ID": "7"})


if __name__ == "__main__":
    unittest.main()
