"""The twenty chats of the greedy reference table: the kinds of copy Nightdesk drafts, short and long.

Each is a list of (role, text). Together they cover news, adverts, lists, numbers, dialogue, fiction, a system
message, an earlier assistant turn, and text outside ASCII.
"""

from __future__ import annotations

HARBOUR = """Write a short news report from these notes.
Place: the fishing port of Skagen. The council voted 18 to 7 on Tuesday to build a new quay, 420 metres long, at a cost of 96 million kroner.
Work starts in March and should end before the herring season of the following year. Boats over 40 metres have had to land their catch elsewhere.
The harbour master, Ida Lund, said: "We have turned away eleven ships since August, and every one of them would have paid our wages."
Three members of the council voted against because the loan runs for thirty years and the town has fewer children every year.
Nobody has yet decided what becomes of the old smokehouse, which stands where the new road would run; a group of neighbours has collected 2,300 signatures to keep it.
Do not add facts. Use plain words, no headline, and keep it under 120 words."""

RECIPE = """A reader sent us this letter. Answer it as the kitchen column of a local paper would, in four or five friendly sentences.
"My sourdough was fine all winter, but since the warm weather began the loaves spread flat on the tray and taste sharp. I have not changed the flour.
I feed the starter every evening at nine, leave the dough to rise from ten until seven the next morning, and bake in a very hot oven with a tin of water below.
My neighbour says the salt is to blame, my sister says the flour mill changed its wheat, and my husband eats everything and says nothing.
I bake two loaves on Wednesdays and Saturdays and would rather not get up at four in the morning.
What should I change first, and how would I know within a week that it was the right thing?" """.strip()

CHATS = [
    [("user", "Write one sentence about the opening of a new library in a small town.")],
    [("user", "List five things a visitor should pack for a weekend of hiking in the rain.")],
    [("user", "Write an advert of two sentences for a bicycle repair shop that is open on Sundays.")],
    [("user", "What is 17 plus 26? Answer with the number and one sentence that explains it.")],
    [("user", "Tell the beginning of a story about a lighthouse keeper who receives a letter with no sender.")],
    [("user", "Explain in simple words why the sea is salty.")],
    [("system", "You are a copy editor. You answer in British English and never use exclamation marks."),
     ("user", "Shorten this: The committee has come to the decision that it will, at this point in time, postpone the meeting.")],
    [("user", "Write a headline for a report that rents in the city fell by 3.4 % in 2023, the first fall in eleven years.")],
    [("user", "Give me a slogan for a café called Zoë’s in the old town of Kraków – warm, short, no rhyme.")],
    [("user", "Übersetze ins Englische: Der Zug nach München fährt um 18:45 Uhr von Gleis 7 ab.")],
    [("user", "Write a dialogue of four lines between a baker and a customer who wants yesterday's bread.")],
    [("user", "Write an invitation to a concert: Saturday 14 June, 8 p.m., Town Hall, tickets €12, children free.")],
    [("user", "Name the planets of the solar system in order from the sun.")],
    [("user", "Suggest three titles for a magazine article about people who restore old radios."),
     ("assistant", "1. The Sound of Dust\n2. Valves and Patience\n3. A Warm Hum"),
     ("user", "Choose the best one and say why in one sentence.")],
    [("user", HARBOUR)],
    [("user", RECIPE)],
    [("user", "Write a product description of about 40 words for a wool blanket: 130 × 180 cm, undyed, woven in Wales, machine washable at 30 °C.")],
    [("user", "Summarise for a notice board: the pool (indoor) closes 1–14 August for repairs; the outdoor pool stays open 7:00–20:00; season cards are extended by 14 days.")],
    [("user", "日本の首都はどこですか。Answer in English.")],
    [("user", "Write a polite note to a supplier: the delivery of 6 May was short by 24 boxes of paper, and we ask when the rest will come.")],
]
