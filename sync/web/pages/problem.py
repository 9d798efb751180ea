"""What went wrong, and what to do about it, on a page of its own."""

from __future__ import annotations

from typing import Final

from starlette.responses import HTMLResponse

from sync.core.messages import Language, remedy, sentence
from sync.web.pages.html import page, paragraph, remark
from sync.web.problems import HttpProblem

TITLE: Final = {
    Language.JA: "Microsoft 365 との連携を続けられません",
    Language.EN: "Microsoft 365: this cannot go on",
}


def problem_page(problem: HttpProblem, language: Language) -> HTMLResponse:
    number = problem.detail.get("aadsts", "")
    parts = [
        paragraph(sentence(problem.code, problem.detail, language)),
        paragraph(remedy(problem.code, language)),
        remark(f"{problem.code} AADSTS{number}" if number.isdigit() else problem.code),
    ]
    answer = page(language, TITLE[language], parts, status=problem.status)
    if "Retry-After" in problem.headers:
        answer.headers["Retry-After"] = problem.headers["Retry-After"]
    return answer
