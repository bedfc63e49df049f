#!/usr/bin/env python3
"""The review desk under load: 100,000 open items and a million drafts, asked over HTTP by one editor.

`make bench-desk` runs it. It makes a database of its own on the server that DATABASE_URL names, fills it with
generated rows, starts `nightdesk serve --no-auth` on it, and prints the median and the 99th percentile of each
page and of a decision, in milliseconds from request to last byte. `--quick` takes a tenth of the rows.
"""

import argparse
import http.client
import json
import os
import re
import subprocess
import sys
import time
import urllib.parse
import uuid

FILL = """
set session_replication_role = replica;
insert into templates (sha256, name, source) values (repeat('a', 64), 'news/explainer', 'Write about {{topic}}.');
insert into models (sha256, name, context_limit) values (repeat('b', 64), 'none', 2048);
insert into campaigns (id, name, spec) select gen_random_uuid(), 'bench-' || n, '{"draft":{"seed":7},"review":{"reviews_required":1}}'
from generate_series(1, 20) n;
create temp table campaign_runs as
    select id as campaign_id, row_number() over () as n, uuid_floor(now() - interval '1 hour' + row_number() over () * interval '1 second') as run_id from campaigns;
insert into runs (id, campaign_id, state, spec, template_sha256, model_sha256, started_at, finished_at)
    select run_id, campaign_id, 'completed', '{"draft":{"seed":7},"review":{"reviews_required":1}}', repeat('a', 64), repeat('b', 64), now(), now() from campaign_runs;
create temp table made as
    select gen_random_uuid() as brief_id, n, 1 + n % 20 as campaign from generate_series(1, :items) n;
insert into briefs (id, external_ref, revision, kind, topic, language, tags, priority, due_at, sha256)
    select brief_id, 'bench-' || n, 1, 'news', 'Topic ' || n, case n % 5 when 0 then 'de' else 'en' end, '{bench}', n % 10,
           case n % 3 when 0 then now() + (n % 5000 - 500) * interval '1 minute' end, md5(n::text) || md5(n::text) from made;
insert into brief_revisions (brief_id, revision, content, sha256)
    select brief_id, 1, jsonb_build_object('external_ref', 'bench-' || n, 'kind', 'news', 'topic', 'Topic ' || n, 'language', 'en',
        'risk', case n % 50 when 0 then 'medium' else 'low' end,
        'facts', jsonb_build_array(jsonb_build_object('id', 'f1', 'label', 'Population', 'value', '1.3 million'),
            jsonb_build_object('id', 'f2', 'label', 'Area', 'value', '420 km2'))), md5(n::text) || md5(n::text) from made;
insert into work_items (run_id, brief_id, brief_revision, state, position, finished_at)
    select r.run_id, m.brief_id, 1, 'done', m.n, now() from made m join campaign_runs r on r.n = m.campaign;
insert into drafts (id, run_id, brief_id, brief_revision, candidate_no, rank, kept, text, priority, score_card_version, gates, finish_reason,
        template_sha256, model_sha256, runtime, params, seed, prompt_tokens, token_ids, logprobs, timings_ms, batch_id)
    select gen_random_uuid(), r.run_id, m.brief_id, 1, c, c + 1, c = 0,
           'The town had 1.3 million people in 2024 and covers 420 km2, draft ' || m.n || '. ' || repeat('It goes on like this for a while. ', 14),
           (m.n * 7 + c) % 101, '1', jsonb_build_array(jsonb_build_object('name', 'gate.clean', 'pass', m.n % 40 <> 0, 'reason', null)), 'stop',
           repeat('a', 64), repeat('b', 64), 'none', '{}', 7, 100, array_fill(7, array[120]), array_fill(-0.5::real, array[120]),
           '{"queue":0,"prefill":0,"decode":0,"score":0}', gen_random_uuid()
    from made m join campaign_runs r on r.n = m.campaign, generate_series(0, :candidates - 1) c;
insert into findings (draft_id, position, score, rule, severity, status, byte_start, byte_end, char_start, char_end, quote, fact_id, deduction, message)
    select d.id, p, 'grounding', (array['number.unsupported', 'coverage.missing', 'date.swapped'])[1 + p], 'warn', 'unsupported', p * 4, p * 4 + 3, p * 4, p * 4 + 3,
           'The', 'f1', 15, 'no fact says so' from drafts d, generate_series(0, 2) p where d.rank = 1;
select open_reviews(run_id, array(select brief_id from work_items w where w.run_id = r.run_id)) from campaign_runs r;
update review_items set state = 'decided', outcome = 'rejected', decided_at = now()
    where id in (select id from review_items order by id limit (select greatest(count(*) - :open, 0) from review_items));
insert into users (id, name, role, password_hash) values (repeat('b', 32)::uuid, 'bench', 'editor', '$argon2id$none');
insert into decisions (id, item_id, reviewer_id, verdict, draft_id, reasons, seconds, lease_token, key, created_at)
    select gen_random_uuid(), id, repeat('b', 32)::uuid, 'reject', id, array[(array['off_tone', 'too_long', 'fact_error'])[1 + priority % 3]],
           20 + priority, gen_random_uuid(), gen_random_uuid(), now() - priority * interval '7 hours'
    from review_items where state = 'decided';
set session_replication_role = origin;
vacuum analyze;
"""


def psql(url, text, **variables):
    command = ["psql", "-qXAt", "-v", "ON_ERROR_STOP=1", url]
    for name, value in variables.items():
        command += ["-v", f"{name}={value}"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"error: {done.stderr.strip()}")
    return done.stdout.strip()


class Editor:
    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, path, form=None):
        """Status, headers and body, and the milliseconds until the last byte."""
        body = urllib.parse.urlencode(form) if form is not None else None
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}
        started = time.perf_counter()
        self.connection.request("GET" if form is None else "POST", path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        return answer.status, dict(answer.getheaders()), text, (time.perf_counter() - started) * 1e3


def percentiles(samples):
    ordered = sorted(samples)
    at = lambda share: ordered[min(len(ordered) - 1, int(share * len(ordered)))]
    return {"p50_ms": round(at(0.5), 1), "p99_ms": round(at(0.99), 1), "samples": len(ordered)}


def pages(editor, path, times):
    samples = []
    for _ in range(times):
        status, _, text, took = editor.ask(path)
        if status != 200:
            sys.exit(f"error: {path} answered {status}: {text[:300]}")
        samples.append(took)
    return percentiles(samples)


def hidden(text, behind, name):
    return re.search(f'name="{name}" value="([^"]*)"', text[text.index(behind):]).group(1)


def decisions(editor, times):
    """Opens, approves, and lands on the next draft, which the decision has claimed: two figures."""
    _, _, text, _ = editor.ask("/")
    csrf = hidden(text, "<form", "csrf")
    _, headers, _, _ = editor.ask("/next", {"csrf": csrf, "q": "order=risk"})
    place, decided, opened = headers["location"], [], []
    for _ in range(times):
        status, _, text, took = editor.ask(place)
        if status != 200:
            sys.exit(f"error: {place} answered {status}")
        opened.append(took)
        behind = 'data-verdict="reject"'
        form = {name: hidden(text, behind, name) for name in ["csrf", "token", "draft_id", "verdict", "q"]}
        item = re.match("/items/([0-9a-f-]+)", place).group(1)
        form |= {"key": str(uuid.uuid4()), "reasons": "other", "note": "bench"}
        status, headers, text, took = editor.ask(f"/items/{item}/decide", form)
        if status != 303:
            sys.exit(f"error: the decision answered {status}: {text[:500]}")
        decided.append(took)
        place = headers["location"]
    return percentiles(opened), percentiles(decided)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    base = os.environ["DATABASE_URL"]
    name = f"nightdesk_desk_{os.getpid()}"
    head, _, query = base.partition("?")
    url = head.rsplit("/", 1)[0] + "/" + name + ("?" + query if query else "")
    psql(base, f"create database {name}")
    server = None
    try:
        environment = dict(os.environ, DATABASE_URL=url)
        subprocess.run([args.binary, "migrate"], env=environment, check=True, stdout=subprocess.DEVNULL)
        tenth = 10 if args.quick else 1
        size = {"items": 250_000 // tenth, "candidates": 4, "open": 100_000 // tenth}
        print(f"filling: {size['items'] * 4:,} drafts, {size['open']:,} open items", file=sys.stderr)
        psql(url, FILL, **size)
        server = subprocess.Popen([args.binary, "serve", "--no-auth", "--desk", "127.0.0.1:0"], env=environment, stderr=subprocess.PIPE, text=True)
        port = None
        for line in server.stderr:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
                port = int(found.group(1))
                break
        editor = Editor(port)
        times = 50 if args.quick else 200
        for path in ["/", "/?order=priority"]:
            pages(editor, path, 10)
        rare = "/?rule=date.swapped&campaign=bench-3&order=priority"
        deep = editor.ask("/?order=risk")[2]
        after = re.search(r'href="(/\?[^"]*after=[^"]*)"', deep).group(1).replace("&amp;", "&")
        figures = {
            "queue by deadline": pages(editor, "/", times),
            "queue by priority": pages(editor, "/?order=priority", times),
            "queue by risk, second page": pages(editor, after, times),
            "queue, one campaign, one reason": pages(editor, rare, times),
            "queue, one language, failed gate": pages(editor, "/?language=de&gate=gate.clean", times),
        }
        for what, path in [("numbers, 30 days", "/numbers?days=30"), ("runs", "/runs"), ("campaigns", "/campaigns"), ("briefs", "/briefs")]:
            figures[what] = pages(editor, path, times // 10)
        figures["draft page"], figures["decision, next draft claimed"] = decisions(editor, times)
        if args.json:
            print(json.dumps(figures, indent=2))
        else:
            print(f"{'':36}{'p50 ms':>10}{'p99 ms':>10}")
            for what, figure in figures.items():
                print(f"{what:36}{figure['p50_ms']:>10}{figure['p99_ms']:>10}")
    finally:
        if server:
            server.terminate()
            server.wait()
        psql(base, f"drop database {name} with (force)")


if __name__ == "__main__":
    main()
