/**
 * What the page says, in English and Spanish.
 */

const ENGLISH = {
  skip: "Skip to the text",
  title: "Translate while you type",
  lead: "This page translates English into Spanish while you type. The lag says how many letters it reads before it starts "
    + "to write. With a small lag it answers at once and has to guess; with a large one it has seen more and comes later. "
    + "Choose an example and move the slider.",
  lag: "Lag",
  examples: "Try:",
  lessons: [
    "“La” for a house, “el” for a horse: the first word in Spanish depends on the fourth in English. A small lag has to guess.",
    "“El” for a horse, “la” for a house: the first word in Spanish depends on the fourth in English. A small lag has to guess.",
    "“No” comes first in Spanish. At lag 0 it has to be written before “don't” has been read.",
    "Prices and addresses have to stay as they are: a model that reads each of them as one symbol copies it.",
    "Spanish begins with “a”, because of “like”: it is the one who is pleased. A small lag cannot know.",
  ],
  english: "English",
  spanish: "Spanish",
  clear: "Clear",
  copy: "Copy",
  copied: "The translation was copied.",
  notCopied: "The browser did not allow copying.",
  typeHere: "Type English here …",
  enterHint: "Enter ends a line, so that the rest is written.",
  lettersHint: "Point at a letter, or use Tab and the arrow keys, to see what it was made from.",
  keyPending: "read, not yet written",
  keyDraft: "if the text ended here",
  keySpan: "copied unchanged",
  letter: "One letter",
  newest: "The newest letter",
  noLetter: "Nothing has been written yet.",
  noDetails: "Details are shown for lines of up to 1,000 characters.",
  read: "It had read",
  unread: "not yet read",
  looks: "The darker a letter, the more this one looks at it.",
  next: "Other letters it could have written",
  strip: "Step by step",
  stripHint: "Each column is one step: the letter read below, the letter written above. The lines lead to the letter that "
    + "each one looks at most; the more they lean, the further the writing is behind.",
  readRow: "reads",
  writtenRow: "writes",
  time: "time",
  lanes: "Side by side",
  lanesHint: "The same typing at three lags. Play types the text from above, or an example; Record keeps how you type it.",
  play: "Play",
  pause: "Pause",
  record: "Record",
  stop: "Stop recording",
  recording: "Recording: type in the box above, then stop.",
  recorded: (n) => `Recorded ${n} letters. Play shows them as you typed them.`,
  preparing: "Translating …",
  speed: "Speed",
  perSecond: (n) => `${n} letters a second`,
  asTyped: "as recorded",
  position: "Position",
  wholeScreen: "Full screen",
  lane: (i) => `Lag of lane ${i}`,
  gates: "Inside the network: its gates",
  gatesHint: "At each step, the input gate of an LSTM unit says how much of the new enters its memory, the forget gate how "
    + "much of the old stays, the output gate how much is shown. The cell is that memory, through tanh.",
  layer: "Layer",
  reader: "reads (encoder)",
  writer: "writes (decoder)",
  units: "Units",
  mostVaried: "the eight that vary most",
  unitsFrom: (a, b) => `${a} to ${b}`,
  noGates: "Type something to see the gates.",
  input: "input",
  forget: "forget",
  output: "output",
  cell: "cell",
  curve: "What a lag costs",
  curveHint: "chrF compares the letter groups of translations with those of human ones: 100 would be equal. Measured on "
    + "sentences that the model was not trained on.",
  quality: "quality (chrF)",
  help: "Keyboard, privacy and licences",
  link: "Link to this text and lag",
  linked: "The address of this page now holds the text and the lag, and was copied.",
  addressed: "The address of this page now holds the text and the lag.",
  cut: (most) => `Only the first ${most} characters fit; the rest was not pasted.`,
  tooLong: "The text is too long for an address.",
  loading: "Loading the model …",
  failed: (message) => `The model could not be loaded: ${message}`,
  stopped: (message) => `The translation stopped: ${message}`,
  space: "space",
  line: (i) => `line ${i}`,
  steps: (n) => (n === 1 ? "1 letter" : `${n} letters`),
  lagMeanings: [
    [0, "A letter for each letter it reads: it has to guess."],
    [3, "Writes almost at once, and guesses often."],
    [7, "About one word behind: still guesses."],
    [12, "One or two words behind: good for reading along."],
    [20, "Several words behind: fewer mistakes."],
    [Infinity, "Far behind: short sentences are over before it starts."],
  ],
  fullMeaning: "Waits for the end of each sentence, as other translators do.",
  full: "full",
  fullSpoken: "full: waits for the end of the sentence",
  progress: ({ read, written, behind }) => `${read} read, ${written} written, ${behind} waiting`,
  facts: ({ name, parameters, precision }) => `${name}: ${millions(parameters, "en")} million weights (${precision}) in this `
    + "file. Nothing leaves it: the page works without a network.",
  cost: (ms) => `${ms} ms a letter here.`,
  helpText: [
    "Tab goes from part to part. On the slider, the arrow keys change the lag by one; Home is the smallest, End is full. In the "
    + "translation, the arrow keys go from letter to letter, with Ctrl from word to word; Escape leaves it.",
    "What you type stays in this page. It is not stored and not sent: the page forbids itself all connections. Only the "
    + "button for a link puts the text into the address, and so into the history of the browser.",
    "A translation of a small network is often wrong. Do not rely on it where a mistake does harm.",
    "The program has the MIT licence.",
  ],
};

const SPANISH = {
  skip: "Ir al texto",
  title: "Traducir mientras se escribe",
  lead: "Esta página traduce del inglés al español mientras usted escribe. El retraso dice cuántas letras lee antes de "
    + "empezar a escribir. Con un retraso pequeño responde enseguida y tiene que adivinar; con uno grande ha visto más y llega "
    + "más tarde. Elija un ejemplo y mueva el control.",
  lag: "Retraso",
  examples: "Pruebe:",
  lessons: [
    "“La” si es una casa, “el” si es un caballo: la primera palabra en español depende de la cuarta en inglés. Con poco retraso hay "
      + "que adivinar.",
    "“El” si es un caballo, “la” si es una casa: la primera palabra en español depende de la cuarta en inglés. Con poco retraso hay "
      + "que adivinar.",
    "“No” va primero en español. Con retraso 0 hay que escribirlo antes de haber leído “don't”.",
    "Los precios y las direcciones tienen que quedar como están: un modelo que lee cada uno como un solo símbolo lo copia.",
    "El español empieza con “a”, a causa de “like”: es a él a quien le gusta. Con poco retraso no se puede saber.",
  ],
  english: "Inglés",
  spanish: "Español",
  clear: "Borrar",
  copy: "Copiar",
  copied: "Se copió la traducción.",
  notCopied: "El navegador no permitió copiar.",
  typeHere: "Escriba aquí en inglés …",
  enterHint: "Intro termina una línea; entonces se escribe el resto.",
  lettersHint: "Señale una letra, o use Tab y las flechas, para ver de dónde viene.",
  keyPending: "leído y aún no escrito",
  keyDraft: "si el texto acabara aquí",
  keySpan: "copiado sin cambios",
  letter: "Una letra",
  newest: "La letra más reciente",
  noLetter: "Aún no hay nada escrito.",
  noDetails: "Los detalles se muestran en líneas de hasta 1000 caracteres.",
  read: "Había leído",
  unread: "aún no leído",
  looks: "Cuanto más oscura es una letra, más la mira esta.",
  next: "Otras letras que podría haber escrito",
  strip: "Paso a paso",
  stripHint: "Cada columna es un paso: abajo la letra leída, arriba la letra escrita. Las líneas van a la letra que cada una "
    + "más mira; cuanto más se inclinan, más atrás va la escritura.",
  readRow: "lee",
  writtenRow: "escribe",
  time: "tiempo",
  lanes: "Lado a lado",
  lanesHint: "El mismo texto con tres retrasos. Reproducir escribe el texto de arriba, o un ejemplo; Grabar guarda cómo lo "
    + "teclea usted.",
  play: "Reproducir",
  pause: "Pausa",
  record: "Grabar",
  stop: "Terminar",
  recording: "Grabando: escriba en el cuadro de arriba y termine la grabación.",
  recorded: (n) => `Se grabaron ${n} letras. Reproducir las muestra como usted las tecleó.`,
  preparing: "Traduciendo …",
  speed: "Velocidad",
  perSecond: (n) => `${n} letras por segundo`,
  asTyped: "como se grabó",
  position: "Posición",
  wholeScreen: "Pantalla completa",
  lane: (i) => `Retraso de la fila ${i}`,
  gates: "Dentro de la red: sus puertas",
  gatesHint: "En cada paso, la puerta de entrada de una unidad LSTM dice cuánto de lo nuevo entra en su memoria; la de olvido, "
    + "cuánto de lo anterior queda; la de salida, cuánto se muestra. La celda es esa memoria, pasada por tanh.",
  layer: "Capa",
  reader: "lee (codificador)",
  writer: "escribe (decodificador)",
  units: "Unidades",
  mostVaried: "las ocho que más varían",
  unitsFrom: (a, b) => `${a} a ${b}`,
  noGates: "Escriba algo para ver las puertas.",
  input: "entrada",
  forget: "olvido",
  output: "salida",
  cell: "celda",
  curve: "Lo que cuesta un retraso",
  curveHint: "chrF compara los grupos de letras de las traducciones con los de traducciones humanas: 100 sería igual. Medido "
    + "en frases con las que no se entrenó el modelo.",
  quality: "calidad (chrF)",
  help: "Teclado, privacidad y licencias",
  link: "Enlace a este texto y retraso",
  linked: "La dirección de esta página contiene ahora el texto y el retraso, y se copió.",
  addressed: "La dirección de esta página contiene ahora el texto y el retraso.",
  cut: (most) => `Solo caben los primeros ${most} caracteres; el resto no se pegó.`,
  tooLong: "El texto es demasiado largo para una dirección.",
  loading: "Cargando el modelo …",
  failed: (message) => `No se pudo cargar el modelo: ${message}`,
  stopped: (message) => `La traducción se detuvo: ${message}`,
  space: "espacio",
  line: (i) => `línea ${i}`,
  steps: (n) => (n === 1 ? "1 letra" : `${n} letras`),
  lagMeanings: [
    [0, "Una letra por cada letra que lee: tiene que adivinar."],
    [3, "Escribe casi enseguida y adivina a menudo."],
    [7, "Más o menos una palabra atrás: aún adivina."],
    [12, "Una o dos palabras atrás: bueno para leer a la vez."],
    [20, "Varias palabras atrás: menos errores."],
    [Infinity, "Muy atrás: las frases cortas acaban antes de que empiece."],
  ],
  fullMeaning: "Espera al final de cada frase, como otros traductores.",
  full: "total",
  fullSpoken: "total: espera al final de la frase",
  progress: ({ read, written, behind }) => `${read} leídas, ${written} escritas, ${behind} en espera`,
  facts: ({ name, parameters, precision }) => `${name}: ${millions(parameters, "es")} millones de pesos (${precision}) en este `
    + "archivo. Nada sale de él: la página funciona sin red.",
  cost: (ms) => `${ms} ms por letra aquí.`,
  helpText: [
    "Tab va de parte en parte. En el control, las flechas cambian el retraso de uno en uno; Inicio es el menor, Fin es total. En "
    + "la traducción, las flechas van de letra en letra, con Ctrl de palabra en palabra; Escape sale de ella.",
    "Lo que usted escribe queda en esta página. No se guarda ni se envía: la página se prohíbe toda conexión. Solo el botón del "
    + "enlace pone el texto en la dirección y, con ello, en el historial del navegador.",
    "La traducción de una red pequeña se equivoca a menudo. No se fíe de ella donde un error haga daño.",
    "El programa tiene la licencia MIT.",
  ],
};

function millions(count, language) {
  return (count / 1e6).toLocaleString(language, { maximumFractionDigits: 1 });
}

/** The page's words in the chosen language. */
export class Phrases {
  constructor(language) {
    this.language = language;
    this.notice = "";
    this.words = language === "es" ? SPANISH : ENGLISH;
  }

  /** Choose the language, `en` or `es`, and put its words where the page has `data-say`. */
  choose(language) {
    this.language = language;
    this.words = language === "es" ? SPANISH : ENGLISH;
    document.documentElement.lang = language;
    document.title = this.words.title;
    for (const element of document.querySelectorAll("[data-say]")) {
      element.textContent = this.words[element.dataset.say];
    }
    for (const code of ["en", "es"]) {
      document.getElementById(`speak-${code}`).setAttribute("aria-pressed", String(code === language));
    }
    document.getElementById("source").placeholder = this.words.typeHere;
    this.sayHelp();
  }

  /** Write the help, and what the model's file says of its origin. */
  sayHelp() {
    const help = [...this.words.helpText, this.notice].filter(Boolean).map((text) => {
      const paragraph = document.createElement("p");
      paragraph.textContent = text;
      return paragraph;
    });
    document.getElementById("help-text").replaceChildren(...help);
  }

  /** Return the short name of a lag. */
  lag(lag) {
    return lag === "full" ? this.words.full : String(lag);
  }

  /** Return a lag as a screen reader says it. */
  lagSpoken(lag) {
    return lag === "full" ? this.words.fullSpoken : this.words.steps(lag);
  }

  /** Return a sentence about a lag. */
  lagMeaning(lag) {
    if (lag === "full") return this.words.fullMeaning;
    return this.words.lagMeanings.find(([most]) => lag <= most)[1];
  }

  /** Return a share of one as a percentage. */
  percent(share) {
    const digits = share >= 0.1 ? 0 : 1;
    return share.toLocaleString(this.language, { style: "percent", maximumFractionDigits: digits });
  }

  /** Return a letter by the name it can be shown with. */
  visible(letter) {
    return letter === " " ? this.words.space : letter;
  }
}
