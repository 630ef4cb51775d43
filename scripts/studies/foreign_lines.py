"""How often a line is taken for one that is not English: false alarms on English, hits on other languages.

    python -m scripts.studies.foreign_lines --model MODEL -i dev.tsv

English and Spanish lines are the first `MOST` sources and targets of the pairs; the lines of other languages
are those of `OTHERS`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from scripts.results import write_results
from seq2seq.corpus.pairs import fingerprint, read_pairs
from seq2seq.errors import UsageError
from seq2seq.storage.files import sha256_file
from seq2seq.text.foreign import FEWEST_WORDS
from seq2seq.translator import Translator

MOST = 1000
SHOWN = 10
OTHERS = {
    "French": """Où est la gare ?
Je ne sais pas quoi dire.
Mon frère n'aime pas les pommes.
Il fait très chaud aujourd'hui.
Nous avons acheté une nouvelle maison.
Est-ce que tu parles anglais ?
Elle travaille dans un hôpital.
Les enfants jouent dans le jardin.
Je voudrais un café, s'il vous plaît.
Le train part à huit heures.
Tu dois faire tes devoirs.
Mes parents habitent à la campagne.
Il a oublié son parapluie.
Pourquoi est-elle partie si tôt ?
J'ai perdu mes clés hier soir.
La réunion commence dans dix minutes.
On se voit demain.
C'est une bonne idée.
Il y a du lait dans le frigo.
Merci beaucoup pour votre aide.""",
    "German": """Wo ist der Bahnhof?
Ich weiß nicht, was ich sagen soll.
Mein Bruder mag keine Äpfel.
Heute ist es sehr heiß.
Wir haben ein neues Haus gekauft.
Sprichst du Englisch?
Sie arbeitet in einem Krankenhaus.
Die Kinder spielen im Garten.
Ich möchte bitte einen Kaffee.
Der Zug fährt um acht Uhr ab.
Du musst deine Hausaufgaben machen.
Meine Eltern wohnen auf dem Land.
Er hat seinen Schirm vergessen.
Warum ist sie so früh gegangen?
Gestern Abend habe ich meine Schlüssel verloren.
Die Sitzung beginnt in zehn Minuten.
Wir sehen uns morgen.
Das ist eine gute Idee.
Im Kühlschrank ist noch Milch.
Vielen Dank für Ihre Hilfe.""",
    "Portuguese": """Onde fica a estação?
Não sei o que dizer.
O meu irmão não gosta de maçãs.
Hoje está muito calor.
Nós compramos uma casa nova.
Você fala inglês?
Ela trabalha num hospital.
As crianças brincam no jardim.
Eu queria um café, por favor.
O comboio parte às oito horas.
Tens de fazer os trabalhos de casa.
Os meus pais moram no campo.
Ele esqueceu o guarda-chuva.
Por que ela saiu tão cedo?
Ontem à noite perdi as minhas chaves.
A reunião começa daqui a dez minutos.
Vemo-nos amanhã.
É uma boa ideia.
Há leite no frigorífico.
Muito obrigado pela sua ajuda.""",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--model", required=True, metavar="FILE")
    parser.add_argument("-i", "--input", required=True, metavar="PAIRS")
    options = parser.parse_args()
    foreign = Translator.load(options.model, "cpu").foreign_lines
    if foreign is None:
        raise UsageError("this model has no words (model.word_nodes: 0)")
    pairs = list(read_pairs(options.input))
    languages = {
        "English": list(dict.fromkeys(pair.source for pair in pairs))[:MOST],
        "Spanish": list(dict.fromkeys(pair.target for pair in pairs))[:MOST],
        **{language: text.split("\n") for language, text in OTHERS.items()},
    }
    record: dict[str, Any] = {
        "model": sha256_file(Path(options.model)),
        "data": fingerprint(pairs),
        "fewest_words": FEWEST_WORDS,
        "languages": {},
    }
    for language, lines in languages.items():
        flagged = [line for line, is_foreign in zip(lines, foreign.find(lines), strict=True) if is_foreign]
        record["languages"][language] = {"lines": len(lines), "foreign": len(flagged)}
        odd = flagged if language == "English" else [line for line in lines if line not in flagged]
        print(f"{language}: {len(flagged)} of {len(lines)} lines are taken for foreign; judged wrongly:")
        print(*(f"    {line}" for line in odd[:SHOWN]), sep="\n")
    write_results("foreign_lines", record)


if __name__ == "__main__":
    main()
