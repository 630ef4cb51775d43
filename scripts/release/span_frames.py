"""Short parallel sentences with places for spans: what people type of prices, bookings, errors, mails, recipes.

A line of `FRAMES` is "English | Spanish". `{money}` is a span of that sort of `span_texts.SORTS`; the same text
goes into the same place of the other side, so places of one sort, and sorts of one kind, stand in the same
order on both sides. `<food>` is one of the pairs of words of `FILLERS`. A hint for counts: `{count}` is 2 or
more and its noun a plural; `{one}` is the number 1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

FILLERS_TEXT: Final = """
food: flour=harina; sugar=azúcar; butter=mantequilla; rice=arroz; cheese=queso; chocolate=chocolate; chicken=pollo; meat=carne; ham=jamón; honey=miel; pasta=pasta
liquid: milk=leche; water=agua; oil=aceite; cream=nata; orange juice=zumo de naranja; wine=vino; vinegar=vinagre
pieces: apples=manzanas; eggs=huevos; oranges=naranjas; tomatoes=tomates; potatoes=patatas; lemons=limones; onions=cebollas; carrots=zanahorias; bananas=plátanos; cookies=galletas; bottles of water=botellas de agua; loaves of bread=barras de pan
thing: the ticket=la entrada; the book=el libro; the shirt=la camisa; the jacket=la chaqueta; the phone=el teléfono; the camera=la cámara; the chair=la silla; the table=la mesa; the lamp=la lámpara; the bag=el bolso; the watch=el reloj; the bike=la bicicleta; this dress=este vestido; that car=ese coche; the hotel=el hotel; the meal=la comida; the course=el curso; my new phone=mi nuevo teléfono; the cheapest room=la habitación más barata
things: books=libros; tickets=entradas; chairs=sillas; shirts=camisas; cups=tazas; boxes=cajas; bottles=botellas; pencils=lápices; flowers=flores; photos=fotos; stamps=sellos; keys=llaves; letters=cartas; plates=platos; bags=bolsas; coins=monedas
people: people=personas; children=niños; students=alumnos; guests=invitados; players=jugadores; passengers=pasajeros; soldiers=soldados; workers=trabajadores; tourists=turistas; doctors=médicos; friends=amigos; girls=chicas; women=mujeres; men=hombres
person: my brother=mi hermano; my sister=mi hermana; my mother=mi madre; my father=mi padre; my boss=mi jefe; my friend=mi amigo; my son=mi hijo; my daughter=mi hija; our neighbour=nuestro vecino; my grandmother=mi abuela; my husband=mi marido; my wife=mi mujer; their teacher=su profesora
event: the meeting=la reunión; the concert=el concierto; the lesson=la clase; the party=la fiesta; the film=la película; the exam=el examen; the game=el partido; the show=el espectáculo; the conference=la conferencia; breakfast=el desayuno; dinner=la cena; lunch=la comida; the interview=la entrevista; the ceremony=la ceremonia; the webinar=el seminario web
ride: the train=el tren; the bus=el autobús; the plane=el avión; the boat=el barco; the ferry=el ferry; our flight=nuestro vuelo; the last train=el último tren; the next bus=el próximo autobús
shop: the shop=la tienda; the bank=el banco; the museum=el museo; the library=la biblioteca; the post office=la oficina de correos; the pharmacy=la farmacia; the restaurant=el restaurante; the office=la oficina; the market=el mercado; the gym=el gimnasio; the pool=la piscina; the supermarket=el supermercado
city: London=Londres; Paris=París; New York=Nueva York; Rome=Roma; Madrid=Madrid; Lima=Lima; Berlin=Berlín; Tokyo=Tokio; Barcelona=Barcelona; Mexico City=Ciudad de México; Lisbon=Lisboa; Moscow=Moscú; Bogotá=Bogotá; Seville=Sevilla; Geneva=Ginebra; Vienna=Viena; Chicago=Chicago; Boston=Boston
country: Spain=España; Germany=Alemania; France=Francia; Italy=Italia; Mexico=México; Japan=Japón; Brazil=Brasil; England=Inglaterra; Russia=Rusia; China=China; Sweden=Suecia; Turkey=Turquía; Greece=Grecia; Poland=Polonia
team: Spain=España; Germany=Alemania; Brazil=Brasil; France=Francia; Argentina=Argentina; Italy=Italia; Barcelona=el Barcelona; Real Madrid=el Real Madrid; our team=nuestro equipo; the home team=el equipo local; Japan=Japón
weekday: Monday=lunes; Tuesday=martes; Wednesday=miércoles; Thursday=jueves; Friday=viernes; Saturday=sábado; Sunday=domingo
month: January=enero; February=febrero; March=marzo; April=abril; May=mayo; June=junio; July=julio; August=agosto; September=septiembre; October=octubre; November=noviembre; December=diciembre
units: days=días; weeks=semanas; months=meses; years=años; hours=horas; minutes=minutos; seconds=segundos
longer: days=días; weeks=semanas; months=meses; years=años
device: the printer=la impresora; the server=el servidor; the computer=el ordenador; the phone=el teléfono; the tablet=la tableta; the camera=la cámara; the router=el router; the battery=la batería; the screen=la pantalla
files: files=archivos; photos=fotos; messages=mensajes; songs=canciones; videos=vídeos; documents=documentos; pages=páginas; folders=carpetas; contacts=contactos; items=elementos; words=palabras; errors=errores; results=resultados
"""

FRAMES_TEXT: Final = """
# prices, shops
<thing> costs {money}. | <thing> cuesta {money}.
<thing> cost me {money}. | <thing> me costó {money}.
<thing> is only {money}. | <thing> cuesta solo {money}.
how much is <thing>? {money}? | ¿cuánto cuesta <thing>? ¿{money}?
I paid {money} for <thing>. | pagué {money} por <thing>.
I bought it for {money} and sold it for {money}. | lo compré por {money} y lo vendí por {money}.
the price went up from {money} to {money}. | el precio subió de {money} a {money}.
the price fell from {money} to {money} in {count} <units>. | el precio bajó de {money} a {money} en {count} <units>.
can you lend me {money}? | ¿puedes prestarme {money}?
could you lend me {money} until <weekday>? | ¿me podrías prestar {money} hasta el <weekday>?
I owe you {money}. | te debo {money}.
you owe me {money}. | me debes {money}.
he owes <person> {money}. | le debe {money} a <person>.
that will be {money}, please. | son {money}, por favor.
that's {money} with tax. | son {money} con impuestos.
shipping is free for orders over {money}. | el envío es gratis en pedidos superiores a {money}.
the delivery costs {money} and takes {count} days. | el envío cuesta {money} y tarda {count} días.
I only have {money} left. | solo me quedan {money}.
I don't have {money}. | no tengo {money}.
she earns {money} a month. | ella gana {money} al mes.
he earns {money} an hour. | él gana {money} por hora.
the rent is {money} a month. | el alquiler es de {money} al mes.
we saved {money} last year. | ahorramos {money} el año pasado.
they raised {money} for the hospital. | recaudaron {money} para el hospital.
the company lost {money} in {year}. | la empresa perdió {money} en {year}.
the fine is {money}. | la multa es de {money}.
the entrance fee is {money} for adults and {money} for children. | la entrada cuesta {money} para adultos y {money} para niños.
you get a discount of {percent}. | obtienes un descuento del {percent}.
today everything is {percent} cheaper. | hoy todo está un {percent} más barato.
all shirts are {percent} off this week. | esta semana todas las camisas tienen un {percent} de descuento.
with the code {reference} you save {percent}. | con el código {reference} ahorras un {percent}.
I'd like to change {money} into pesos. | me gustaría cambiar {money} a pesos.
a coffee and a sandwich, {money}. | un café y un bocadillo, {money}.
{count} <things> for {money} | {count} <things> por {money}
I'll take {small} <pieces>, please. | me llevo {small} <pieces>, por favor.
give me {count} <pieces> and {count} <pieces>, please. | deme {count} <pieces> y {count} <pieces>, por favor.
I bought {count} <things> and {count} <things> on <weekday>. | el <weekday> compré {count} <things> y {count} <things>.
do you have this in size {count}? | ¿tiene esto en la talla {count}?
the total is {money}. | el total es de {money}.
we accept payments up to {money}. | aceptamos pagos de hasta {money}.
please transfer {money} to the account {reference} before {date}. | por favor, transfiera {money} a la cuenta {reference} antes del {date}.
your bill of {money} is due on {date}. | su factura de {money} vence el {date}.
your order {reference} has been shipped. | su pedido {reference} ha sido enviado.
your order {reference} will arrive on {date}. | tu pedido {reference} llegará el {date}.
your order of {date} costs {money}. | su pedido del {date} cuesta {money}.
where is my order {reference}? | ¿dónde está mi pedido {reference}?
I want to return the order {reference}. | quiero devolver el pedido {reference}.
the product {reference} is sold out. | el producto {reference} está agotado.
thank you for your order, {name}! | ¡gracias por tu pedido, {name}!
# times, bookings
<event> starts at {time}. | <event> empieza a las {time}.
<event> starts at {time} and ends at {time}. | <event> empieza a las {time} y termina a las {time}.
<event> is on {date} at {time}. | <event> es el {date} a las {time}.
<event> begins at {time12} p.m. | <event> comienza a las {time12} p. m.
<event> is from {time} to {time}. | <event> es de {time} a {time}.
<event> was moved to {date}. | <event> se ha aplazado al {date}.
we had to cancel <event>. Call {phone} for details. | tuvimos que cancelar <event>. Llame al {phone} para más información.
<ride> leaves at {time}. | <ride> sale a las {time}.
<ride> leaves at {time} from platform {small}. | <ride> sale a las {time} del andén {small}.
<ride> arrives at {time}. | <ride> llega a las {time}.
<ride> left at {time} and arrived at {time}. | <ride> salió a las {time} y llegó a las {time}.
<ride> to <city> leaves at {time}. | <ride> a <city> sale a las {time}.
<ride> is {count} minutes late. | <ride> lleva {count} minutos de retraso.
<shop> opens at {time}. | <shop> abre a las {time}.
<shop> closes at {time}. | <shop> cierra a las {time}.
<shop> is open from {time} to {time}. | <shop> abre de {time} a {time}.
<shop> opens at {time} and closes at {time} on <weekday>. | el <weekday>, <shop> abre a las {time} y cierra a las {time}.
it's {time}. | son las {time}.
it was {time} when I woke up. | eran las {time} cuando me desperté.
is it {time} already? | ¿ya son las {time}?
at {time} we have to be at the airport. | a las {time} tenemos que estar en el aeropuerto.
wake me up at {time}. | despiértame a las {time}.
I'll call you at {time}. | te llamaré a las {time}.
can you pick me up at {time}? | ¿puedes recogerme a las {time}?
could we meet at {time} instead of {time}? | ¿podríamos quedar a las {time} en vez de a las {time}?
let's meet at {time} in front of <shop>. | quedamos a las {time} delante de <shop>.
see you at {time}! | ¡nos vemos a las {time}!
see you on {date}! | ¡nos vemos el {date}!
I got up at {time} this morning. | esta mañana me levanté a las {time}.
we had dinner at {time}. | cenamos a las {time}.
I work from {time} to {time}. | trabajo de {time} a {time}.
I'll be there before {time}. | estaré allí antes de las {time}.
don't call me after {time}. | no me llames después de las {time}.
he didn't come home until {time}. | no volvió a casa hasta las {time}.
are you free at {time} on <weekday>? | ¿estás libre el <weekday> a las {time}?
I have an appointment on {date}. | tengo una cita el {date}.
I have an appointment with {name} at {time}. | tengo una cita con {name} a las {time}.
I'd like to book a table for {small} people at {time}. | me gustaría reservar una mesa para {small} personas a las {time}.
a table for {small}, please. | una mesa para {small}, por favor.
I'd like a room for {small} nights. | quisiera una habitación para {small} noches.
I have booked a room from {date} to {date}. | he reservado una habitación del {date} al {date}.
we need {small} rooms for {count} <people>. | necesitamos {small} habitaciones para {count} <people>.
the room costs {money} per night. | la habitación cuesta {money} por noche.
a single room is {money} and a double room is {money}. | una habitación individual cuesta {money} y una doble {money}.
your booking number is {reference}. | su número de reserva es {reference}.
your booking {reference} has been confirmed. | su reserva {reference} ha sido confirmada.
your booking {reference} for {date} has been cancelled. | se ha cancelado su reserva {reference} para el {date}.
room {count} is on floor {small}. | la habitación {count} está en la planta {small}.
your room is number {count}. | su habitación es la número {count}.
check-in is from {time}. | la entrada es a partir de las {time}.
flight {flight} to <city> is delayed. | el vuelo {flight} a <city> lleva retraso.
flight {flight} leaves from gate {reference} at {time}. | el vuelo {flight} sale de la puerta {reference} a las {time}.
flight {flight} has landed. | el vuelo {flight} ha aterrizado.
flight {flight} has been cancelled. | el vuelo {flight} ha sido cancelado.
we are flying to <city> on {date} with flight {flight}. | volamos a <city> el {date} en el vuelo {flight}.
when does flight {flight} arrive? | ¿cuándo llega el vuelo {flight}?
take bus {count} to the station. | tome el autobús {count} hasta la estación.
take line {count} and get off after {small} stops. | toma la línea {count} y bájate después de {small} paradas.
the train to <city> leaves from platform {small}. | el tren a <city> sale del andén {small}.
my seat is {reference}. | mi asiento es el {reference}.
the car with the number plate {reference} is badly parked. | el coche con matrícula {reference} está mal aparcado.
# dates, years
I was born in {year}. | nací en {year}.
I was born on {date}. | nací el {date}.
she was born in <city> in {year}. | ella nació en <city> en {year}.
he was born in {year} and died in {year}. | nació en {year} y murió en {year}.
the house was built in {year}. | la casa fue construida en {year}.
the war began in {year} and ended in {year}. | la guerra empezó en {year} y terminó en {year}.
the company was founded in {year} by {name}. | la empresa fue fundada en {year} por {name}.
we have lived here since {year}. | vivimos aquí desde {year}.
in {year} I moved to <city>. | en {year} me mudé a <city>.
in {year}, {count} <people> lived in <city>. | en {year} vivían {count} <people> en <city>.
it happened between {year} and {year}. | ocurrió entre {year} y {year}.
the next election will be in {year}. | las próximas elecciones serán en {year}.
what happened in {year}? | ¿qué pasó en {year}?
the summer of {year} was very hot. | el verano de {year} fue muy caluroso.
by {year} there will be {count} of them. | para {year} habrá {count}.
today is {date}. | hoy es {date}.
the deadline is {date}. | la fecha límite es el {date}.
the offer ends on {date}. | la oferta termina el {date}.
the offer is valid from {date} to {date}. | la oferta es válida del {date} al {date}.
please reply before {date}. | por favor, responda antes del {date}.
please send me the report by {date}. | por favor, envíame el informe antes del {date}.
the contract ends on {date}. | el contrato termina el {date}.
the exam will be on {date} in room {reference}. | el examen será el {date} en el aula {reference}.
we got married on {date}. | nos casamos el {date}.
my holidays are from {date} to {date}. | mis vacaciones son del {date} al {date}.
I will be out of the office until {date}. | estaré fuera de la oficina hasta el {date}.
your passport expires on {date}. | su pasaporte caduca el {date}.
it was signed on {date} in <city>. | se firmó el {date} en <city>.
<month> {small}, {year} | {small} de <month> de {year}
on <month> {small}, {year} | el {small} de <month> de {year}
I arrived on <month> {small}. | llegué el {small} de <month>.
his birthday is on <month> {small}. | su cumpleaños es el {small} de <month>.
it is <weekday>, <month> {small}, {year}. | es <weekday>, {small} de <month> de {year}.
<event> will take place on <weekday>, <month> {small}. | <event> tendrá lugar el <weekday> {small} de <month>.
# numbers, ages, counting
I am {count} years old. | tengo {count} años.
<person> is {count} years old. | <person> tiene {count} años.
my son will be {small} in <month>. | mi hijo cumple {small} en <month>.
how old are you? I'm {count}. | ¿cuántos años tienes? Tengo {count}.
there were {number} <people> there. | había {number} <people> allí.
there are {count} <things> on the table. | hay {count} <things> sobre la mesa.
more than {number} <people> came. | vinieron más de {number} <people>.
at least {count} <people> died. | murieron al menos {count} <people>.
{count} people were injured. | {count} personas resultaron heridas.
I have {count} <things>. | tengo {count} <things>.
I have {small} brothers and {small} sisters. | tengo {small} hermanos y {small} hermanas.
she has {one} brother and {small} sisters. | ella tiene {one} hermano y {small} hermanas.
we need {count} more <things>. | necesitamos {count} <things> más.
only {count} of {count} <people> passed. | solo aprobaron {count} de {count} <people>.
I've read {count} pages of the book. | he leído {count} páginas del libro.
open your books at page {count}. | abran los libros en la página {count}.
read pages {count} to {count}. | lee de la página {count} a la {count}.
do exercises {small} and {small} on page {count}. | haz los ejercicios {small} y {small} de la página {count}.
see chapter {small}. | véase el capítulo {small}.
the answer is {odd}. | la respuesta es {odd}.
the answer to question {small} is {odd}. | la respuesta a la pregunta {small} es {odd}.
{count} plus {count} is {count}. | {count} más {count} son {count}.
{count} times {count} equals {count}. | {count} por {count} es igual a {count}.
{count} minus {small} is {count}. | {count} menos {small} son {count}.
{big} divided by {small} | {big} dividido entre {small}
my lucky number is {count}. | mi número de la suerte es el {count}.
the winning number is {odd}. | el número ganador es el {odd}.
you have {small} tries left. | te quedan {small} intentos.
you have {one} try left. | te queda {one} intento.
wait {count} seconds. | espera {count} segundos.
I waited for {count} <units>. | esperé {count} <units>.
I'll be back in {count} <units>. | vuelvo en {count} <units>.
it takes about {count} minutes. | se tarda unos {count} minutos.
we stayed there for {count} <longer>. | nos quedamos allí {count} <longer>.
they have been married for {count} <longer>. | llevan {count} <longer> casados.
{count} <longer> ago | hace {count} <longer>
he died {count} <longer> ago. | murió hace {count} <longer>.
within {count} <units> | en un plazo de {count} <units>
it is {decimal} times faster. | es {decimal} veces más rápido.
the city has {big} inhabitants. | la ciudad tiene {big} habitantes.
about {big} <people> live here. | aquí viven cerca de {big} <people>.
the video has {big} views. | el vídeo tiene {big} visitas.
she has {big} followers. | tiene {big} seguidores.
it is worth {decimal} million dollars. | vale {decimal} millones de dólares.
I got {decimal} in maths. | saqué un {decimal} en matemáticas.
number {small} is missing. | falta el número {small}.
I'm number {small} on the list. | soy el número {small} de la lista.
I live at number {count}. | vivo en el número {count}.
{one} ticket, please. | {one} entrada, por favor.
{one} coffee and {small} teas, please. | {one} café y {small} tés, por favor.
only {one} person came. | solo vino {one} persona.
{one} hour and {count} minutes | {one} hora y {count} minutos
{one} day left | queda {one} día
{count} days left | quedan {count} días
{one} new message | {one} mensaje nuevo
# measures, weather
it's {temperature} outside. | fuera hace {temperature}.
it was {temperature} yesterday. | ayer hizo {temperature}.
tomorrow it will be {temperature} in <city>. | mañana habrá {temperature} en <city>.
the temperature fell to {temperature}. | la temperatura bajó a {temperature}.
the temperature rose from {temperature} to {temperature}. | la temperatura subió de {temperature} a {temperature}.
water freezes at {temperature}. | el agua se congela a {temperature}.
I have a fever of {temperature}. | tengo fiebre de {temperature}.
today in <city>: {temperature}, wind {speed} | hoy en <city>: {temperature}, viento {speed}
there is a {percent} chance of rain. | hay un {percent} de probabilidad de lluvia.
it's {distance} from here. | está a {distance} de aquí.
the station is {distance} away. | la estación está a {distance}.
turn left after {distance}. | gire a la izquierda después de {distance}.
in {distance}, turn right. | en {distance}, gira a la derecha.
we walked {distance} in {small} hours. | caminamos {distance} en {small} horas.
I run {distance} every day. | corro {distance} todos los días.
the road is {distance} long. | la carretera tiene {distance} de largo.
the table is {length} long and {length} wide. | la mesa mide {length} de largo y {length} de ancho.
he is {length} tall. | mide {length}.
the tower is {length} high. | la torre tiene {length} de altura.
I weigh {weight}. | peso {weight}.
the suitcase weighs {weight}. | la maleta pesa {weight}.
the baby weighed {weight}. | el bebé pesó {weight}.
I lost {weight} in {count} weeks. | perdí {weight} en {count} semanas.
you may bring up to {weight} of luggage. | puede llevar hasta {weight} de equipaje.
he was driving at {speed}. | conducía a {speed}.
the speed limit is {speed}. | el límite de velocidad es de {speed}.
the wind reaches {speed}. | el viento alcanza {speed}.
the battery is at {percent}. | la batería está al {percent}.
only {percent} of the students passed. | solo aprobó el {percent} de los alumnos.
{percent} of <country> is forest. | el {percent} de <country> es bosque.
prices rose by {percent} in <month>. | los precios subieron un {percent} en <month>.
unemployment fell to {percent}. | el paro bajó al {percent}.
I agree {percent}. | estoy de acuerdo al {percent}.
sales grew by {percent} in {year}. | las ventas crecieron un {percent} en {year}.
{percent} of people are against it. | el {percent} de la gente está en contra.
take {weight} every {small} hours. | tome {weight} cada {small} horas.
drink at least {volume} of water a day. | bebe al menos {volume} de agua al día.
take {small} pills a day for {count} days. | tome {small} pastillas al día durante {count} días.
the bottle holds {volume}. | la botella contiene {volume}.
# recipes
{kitchen} of <food> | {kitchen} de <food>
{kitchen} of <liquid> | {kitchen} de <liquid>
{small} <pieces> and {kitchen} of <food> | {small} <pieces> y {kitchen} de <food>
add {kitchen} of <food>. | añade {kitchen} de <food>.
add {kitchen} of <food> and {kitchen} of <liquid>. | añade {kitchen} de <food> y {kitchen} de <liquid>.
mix {kitchen} of <food> with {small} <pieces>. | mezcla {kitchen} de <food> con {small} <pieces>.
bake for {count} minutes at {temperature}. | hornear durante {count} minutos a {temperature}.
bake it at {temperature} for {count} minutes. | hornéalo a {temperature} durante {count} minutos.
cook for {count} minutes. | cocina durante {count} minutos.
let it rest for {count} minutes. | deja reposar {count} minutos.
we need {kitchen} of <food>, {small} <pieces> and {kitchen} of <liquid>. | necesitamos {kitchen} de <food>, {small} <pieces> y {kitchen} de <liquid>.
for {small} people | para {small} personas
cut {small} <pieces>. | corta {small} <pieces>.
a spoon of <food> has {kitchen}. | una cucharada de <food> tiene {kitchen}.
preheat the oven to {temperature}. | precalienta el horno a {temperature}.
# sports
<team> won {score}. | <team> ganó {score}.
<team> lost {score} in <city>. | <team> perdió {score} en <city>.
<team> beat {name} {score}. | <team> ganó a {name} por {score}.
the final score was {score}. | el resultado final fue {score}.
the game ended {score}. | el partido terminó {score}.
{name} scored {small} goals. | {name} marcó {small} goles.
{name} scored in minute {count}. | {name} marcó en el minuto {count}.
{name} won the race in {time}. | {name} ganó la carrera en {time}.
he broke the record of {year}. | batió el récord de {year}.
she won {small} medals in {year}. | ganó {small} medallas en {year}.
<team> has {count} points after {count} games. | <team> tiene {count} puntos tras {count} partidos.
number {count} is the best player. | el número {count} es el mejor jugador.
# telephone, addresses
call me at {phone}. | llámame al {phone}.
my number is {phone}. | mi número es el {phone}.
my phone number is {phone}. | mi número de teléfono es {phone}.
call {phone} for more information. | llame al {phone} para más información.
please call {phone} between {time} and {time}. | por favor, llame al {phone} entre las {time} y las {time}.
in an emergency, dial {phone}. | en caso de emergencia, marque el {phone}.
is {phone} your number? | ¿es {phone} tu número?
you can reach me at {phone} or {mail}. | puedes localizarme en el {phone} o en {mail}.
I live at {count} Oak Street. | vivo en Oak Street, {count}.
{name} lives on floor {small}. | {name} vive en la planta {small}.
the postcode is {odd}. | el código postal es {odd}.
apartment {reference}, building {small} | apartamento {reference}, edificio {small}
take exit {count} on the {reference}. | toma la salida {count} de la {reference}.
# mail, web
write to {mail}. | escribe a {mail}.
write to {mail} before {date}. | escribe a {mail} antes del {date}.
my address is {mail}. | mi dirección es {mail}.
my e-mail is {mail}. | mi correo electrónico es {mail}.
please send it to {mail}. | por favor, envíalo a {mail}.
please send the file {file} to {mail}. | por favor, envía el archivo {file} a {mail}.
I sent {file} to {mail} on {date}. | envié {file} a {mail} el {date}.
I wrote to {mail} but nobody answered. | escribí a {mail}, pero nadie respondió.
if you have any questions, write to {mail} or call {phone}. | si tiene alguna pregunta, escriba a {mail} o llame al {phone}.
a confirmation was sent to {mail}. | se ha enviado una confirmación a {mail}.
is {mail} still your address? | ¿{mail} sigue siendo tu dirección?
the mail from {mail} has a virus. | el correo de {mail} tiene un virus.
visit {url}. | visita {url}.
visit {url} for more information. | visita {url} para más información.
visit us at {url}! | ¡visítanos en {url}!
go to {url} and click on the button. | ve a {url} y haz clic en el botón.
more information at {url}. | más información en {url}.
see {url}. | véase {url}.
read the article at {url}. | lee el artículo en {url}.
I found it on {url}. | lo encontré en {url}.
I found {count} <files> on {url}. | encontré {count} <files> en {url}.
have you seen {url}? | ¿has visto {url}?
{url} is not working. | {url} no funciona.
the page {url} was not found. | no se encontró la página {url}.
the website {url} is down since {time}. | el sitio web {url} no funciona desde las {time}.
download it from {url}. | descárgalo de {url}.
download version {version} from {url}. | descarga la versión {version} de {url}.
register at {url} before {date}. | regístrate en {url} antes del {date}.
log in at {url} with your password. | inicia sesión en {url} con tu contraseña.
you can buy tickets at {url} for {money}. | puedes comprar entradas en {url} por {money}.
follow us: {handle} | síguenos: {handle}
follow {handle} on Twitter. | sigue a {handle} en Twitter.
{handle} sent you a message. | {handle} te ha enviado un mensaje.
{handle} liked your photo. | a {handle} le gusta tu foto.
{handle} and {handle} are following you. | {handle} y {handle} te siguen.
thanks to {handle} for the photo. | gracias a {handle} por la foto.
ask {handle}, he knows. | pregúntale a {handle}, él lo sabe.
good morning {tag} | buenos días {tag}
tell us your story with {tag}. | cuéntanos tu historia con {tag}.
{tag} is trending in <country>. | {tag} es tendencia en <country>.
# files, support, errors
open the file {file}. | abre el archivo {file}.
open {file} and read it. | abre {file} y léelo.
the file {file} was not found. | no se encontró el archivo {file}.
error {reference}: the file {file} was not found. | error {reference}: no se encontró el archivo {file}.
error {count}: file not found | error {count}: archivo no encontrado
the file {path} does not exist. | el archivo {path} no existe.
the file {path} could not be opened. | no se pudo abrir el archivo {path}.
cannot open {path}: permission denied | no se puede abrir {path}: permiso denegado
the file {file} is too big ({size}). | el archivo {file} es demasiado grande ({size}).
the file {file} has {size}. | el archivo {file} ocupa {size}.
save it as {file}. | guárdalo como {file}.
save it in {path}. | guárdalo en {path}.
I saved everything in {path}. | lo he guardado todo en {path}.
I lost the file {file}. | he perdido el archivo {file}.
delete {file}, please. | borra {file}, por favor.
do you want to delete {file}? | ¿quieres eliminar {file}?
do you want to replace {file} with {file}? | ¿quiere reemplazar {file} por {file}?
copy {file} to {path}. | copia {file} en {path}.
move {path} to {path}. | mueve {path} a {path}.
rename {file} to {file}. | cambia el nombre de {file} a {file}.
please read {file} before you start. | por favor, lee {file} antes de empezar.
you will find it in {file} on page {count}. | lo encontrarás en {file}, en la página {count}.
attached you will find {file}. | adjunto encontrará {file}.
{file} and {file} are the same. | {file} y {file} son iguales.
who wrote {file}? | ¿quién escribió {file}?
there is an error in line {count} of {file}. | hay un error en la línea {count} de {file}.
error in {path}, line {count} | error en {path}, línea {count}
the folder {path} is empty. | la carpeta {path} está vacía.
the folder {path} has {count} <files>. | la carpeta {path} tiene {count} <files>.
error code: {reference} | código de error: {reference}
what does error {reference} mean? | ¿qué significa el error {reference}?
I get the error {reference} when I open {file}. | me sale el error {reference} cuando abro {file}.
<device> shows the error {reference}. | <device> muestra el error {reference}.
<device> does not work since {date}. | <device> no funciona desde el {date}.
your ticket {reference} has been closed. | su incidencia {reference} ha sido cerrada.
your code is {odd}. | tu código es {odd}.
your code is {odd}. Do not share it with anyone. | tu código es {odd}. No lo compartas con nadie.
enter the code {reference} and press OK. | introduce el código {reference} y pulsa Aceptar.
the password must have at least {small} characters. | la contraseña debe tener al menos {small} caracteres.
the model {reference} is better than {reference}. | el modelo {reference} es mejor que el {reference}.
I have a {code} and it works well. | tengo un {code} y funciona bien.
what is {code}? | ¿qué es {code}?
what is the difference between {code} and {code}? | ¿qué diferencia hay entre {code} y {code}?
do you know how {code} works? | ¿sabes cómo funciona {code}?
{code} is very important. | {code} es muy importante.
we need more {code}. | necesitamos más {code}.
version {version} is out. | ya está disponible la versión {version}.
version {version} was released on {date}. | la versión {version} se publicó el {date}.
update from {version} to {version}. | actualiza de {version} a {version}.
you need version {version} or later. | necesitas la versión {version} o posterior.
what's new in {version} | novedades de {version}
does it work with {version}? | ¿funciona con {version}?
your version ({version}) is too old. | tu versión ({version}) es demasiado antigua.
the update has {size}. | la actualización ocupa {size}.
{size} of {size} downloaded | {size} de {size} descargados
there is only {size} of free space. | solo quedan {size} de espacio libre.
my computer has {size} of memory. | mi ordenador tiene {size} de memoria.
the program {ticked} is not installed. | el programa {ticked} no está instalado.
type {ticked} and press Enter. | escribe {ticked} y pulsa Intro.
run {ticked} in the folder {path}. | ejecuta {ticked} en la carpeta {path}.
the function {ticked} returns {odd}. | la función {ticked} devuelve {odd}.
the function {ticked} is called {count} times. | la función {ticked} se llama {count} veces.
what does {ticked} do? | ¿qué hace {ticked}?
use {ticked} instead of {ticked}. | usa {ticked} en lugar de {ticked}.
change {ticked} to {ticked} in {file}. | cambia {ticked} por {ticked} en {file}.
the variable {ticked} is empty. | la variable {ticked} está vacía.
{ticked} does not exist. | {ticked} no existe.
the value of {ticked} must be between {small} and {count}. | el valor de {ticked} debe estar entre {small} y {count}.
I don't understand what {ticked} means. | no entiendo qué significa {ticked}.
the server does not answer ({reference}). | el servidor no responde ({reference}).
# interface
you have {count} new messages. | tienes {count} mensajes nuevos.
you have {counter} new messages. | tienes {counter} mensajes nuevos.
hello, {holder}! | ¡hola, {holder}!
hello {holder}, how are you? | hola {holder}, ¿cómo estás?
welcome, {holder}! | ¡bienvenido, {holder}!
welcome back, {holder}. | bienvenido de nuevo, {holder}.
good morning, {holder}. | buenos días, {holder}.
dear {holder}, | estimado {holder}:
{holder} is online. | {holder} está en línea.
{holder} sent you a message. | {holder} te envió un mensaje.
{holder} has invited you to {holder}. | {holder} te ha invitado a {holder}.
are you sure you want to delete {holder}? | ¿seguro que quieres eliminar {holder}?
do you want to save the changes to {holder}? | ¿desea guardar los cambios en {holder}?
could not open {holder}. | no se pudo abrir {holder}.
could not connect to {holder}. | no se pudo conectar con {holder}.
{holder} was not found. | no se encontró {holder}.
{holder} is required. | {holder} es obligatorio.
{holder} already exists. | {holder} ya existe.
{holder} must be a number. | {holder} debe ser un número.
loading {holder}... | cargando {holder}...
saving {holder}... | guardando {holder}...
downloading {holder} ({percent}) | descargando {holder} ({percent})
{counter} files selected | {counter} archivos seleccionados
{counter} <files> found | se han encontrado {counter} <files>
{counter} <files> were deleted. | se eliminaron {counter} <files>.
page {counter} of {counter} | página {counter} de {counter}
page {small} of {count} | página {small} de {count}
step {small} of {small} | paso {small} de {small}
line {counter}, column {counter} | línea {counter}, columna {counter}
last changed on {holder} by {holder} | última modificación el {holder} por {holder}
your {holder} has expired. | tu {holder} ha caducado.
by {holder} | por {holder}
from {holder} to {holder} | de {holder} a {holder}
{holder} of {holder} | {holder} de {holder}
{holder} or {holder} | {holder} o {holder}
{holder} and {holder} are friends now. | {holder} y {holder} ahora son amigos.
please enter {holder}. | introduce {holder}, por favor.
click on {holder} to continue. | haz clic en {holder} para continuar.
the file {holder} has {counter} lines. | el archivo {holder} tiene {counter} líneas.
error: {holder} | error: {holder}
error {counter}: {holder} | error {counter}: {holder}
sorry, {holder}, you can't do that. | lo siento, {holder}, no puedes hacer eso.
{holder} commented on your photo. | {holder} comentó tu foto.
it costs {holder} per month. | cuesta {holder} al mes.
signed in as {holder} | sesión iniciada como {holder}
thank you for your help, {holder}. | gracias por tu ayuda, {holder}.
{holder} wants to be your friend. | {holder} quiere ser tu amigo.
your order {holder} will arrive on {holder}. | tu pedido {holder} llegará el {holder}.
it's your turn, {holder}! | ¡te toca, {holder}!
{holder} has won! | ¡{holder} ha ganado!
press {code} to continue. | pulsa {code} para continuar.
press {code} or {code}. | pulsa {code} o {code}.
{count} minutes ago | hace {count} minutos
updated {count} minutes ago | actualizado hace {count} minutos
{count} <files> | {count} <files>
{count} of {count} <files> | {count} de {count} <files>
copying {count} <files> to {path} | copiando {count} <files> a {path}
{count} people like this. | a {count} personas les gusta esto.
show {count} more results | mostrar {count} resultados más
# names
my name is {name}. | me llamo {name}.
I'm {name}. | soy {name}.
this is {name}. | este es {name}.
who is {name}? | ¿quién es {name}?
do you know {name}? | ¿conoces a {name}?
have you seen {name}? | ¿has visto a {name}?
I live in {name}. | vivo en {name}.
I come from {name}. | soy de {name}.
{name} is a city in <country>. | {name} es una ciudad de <country>.
{name} means "house". | {name} significa «casa».
where is {name}? | ¿dónde está {name}?
{name} was born in {year}. | {name} nació en {year}.
{name} lives in {name}. | {name} vive en {name}.
{name} and {name} got married in {year}. | {name} y {name} se casaron en {year}.
I met {name} in <city> in {year}. | conocí a {name} en <city> en {year}.
how do you pronounce {name}? | ¿cómo se pronuncia {name}?
we flew from {name} to {name}. | volamos de {name} a {name}.
{name} said that {name} is ill. | {name} dijo que {name} está enfermo.
the president of {name} visited {name} on {date}. | el presidente de {name} visitó {name} el {date}.
I like {name} very much. | me gusta mucho {name}.
the capital is {name}. | la capital es {name}.
{name} wrote it in {year}. | {name} lo escribió en {year}.
give this book to {name}. | dale este libro a {name}.
I'm waiting for {name}. | estoy esperando a {name}.
{name} isn't here. | {name} no está aquí.
{name}'s car is red. | el coche de {name} es rojo.
{name} is {count} years old. | {name} tiene {count} años.
{name} gave me {money}. | {name} me dio {money}.
{name} called at {time}. | {name} llamó a las {time}.
{name}'s phone number is {phone}. | el número de teléfono de {name} es {phone}.
{name}'s e-mail is {mail}. | el correo de {name} es {mail}.
# news
<country> has {decimal} million inhabitants. | <country> tiene {decimal} millones de habitantes.
an earthquake of magnitude {decimal} hit {name}. | un terremoto de magnitud {decimal} sacudió {name}.
the storm left {count} dead and {count} injured. | la tormenta dejó {count} muertos y {count} heridos.
police arrested {count} <people> in {name}. | la policía detuvo a {count} <people> en {name}.
the minister said on <weekday> that {count} <people> had died. | el ministro dijo el <weekday> que habían muerto {count} <people>.
the population grew from {big} to {big}. | la población pasó de {big} a {big}.
the vaccine is {percent} effective. | la vacuna tiene una eficacia del {percent}.
<country> sent {number} soldiers in {year}. | <country> envió {number} soldados en {year}.
the new law comes into force on {date}. | la nueva ley entra en vigor el {date}.
the project will cost {money} and end in {year}. | el proyecto costará {money} y terminará en {year}.
there are {big} cases of {code} in <country>. | hay {big} casos de {code} en <country>.
# lists
total: {money} | total: {money}
price: {money} | precio: {money}
date: {date} | fecha: {date}
time: {time} | hora: {time}
name: {name} | nombre: {name}
address: {count} {name} | dirección: {count} {name}
phone: {phone} | teléfono: {phone}
e-mail: {mail} | correo electrónico: {mail}
website: {url} | sitio web: {url}
version: {version} | versión: {version}
size: {size} | tamaño: {size}
weight: {weight} | peso: {weight}
distance: {distance} | distancia: {distance}
temperature: {temperature} | temperatura: {temperature}
user: {handle} | usuario: {handle}
file: {file} | archivo: {file}
order: {reference} | pedido: {reference}
flight: {flight} | vuelo: {flight}
room: {count} | habitación: {count}
age: {count} | edad: {count}
year: {year} | año: {year}
result: {score} | resultado: {score}
discount: {percent} | descuento: {percent}
<food>: {kitchen} | <food>: {kitchen}
<pieces>: {count} | <pieces>: {count}
{count} x <pieces> | {count} x <pieces>
<pieces>: {count}, <things>: {count} | <pieces>: {count}, <things>: {count}
start: {time}, end: {time} | inicio: {time}, fin: {time}
from: {date}, to: {date} | desde: {date}, hasta: {date}
adults: {small}, children: {small} | adultos: {small}, niños: {small}
departure: {date} {time} | salida: {date} {time}
arrival: {time} ({date}) | llegada: {time} ({date})
contact: {mail}, {phone} | contacto: {mail}, {phone}
author: {name} ({year}) | autor: {name} ({year})
# talk
happy birthday {emoji} | feliz cumpleaños {emoji}
congratulations! {emoji} | ¡felicidades! {emoji}
good night {emoji} | buenas noches {emoji}
I love you {emoji} | te quiero {emoji}
thanks {handle} {emoji} | gracias {handle} {emoji}
see you at {time} {emoji} | nos vemos a las {time} {emoji}
happy new year {year}! {emoji} | ¡feliz año {year}! {emoji}
we won {score}! {emoji} | ¡ganamos {score}! {emoji}
{emoji} new: {url} | {emoji} nuevo: {url}
look at this {emoji} {url} | mira esto {emoji} {url}
"""


@dataclass(frozen=True)
class Frame:
    """A parallel sentence with places.

    Attributes:
        source: English with its places.
        target: Spanish with the same ones.
        sorts: of the spans, in the order of the English.
    """

    source: str
    target: str
    sorts: tuple[str, ...]


def _fillers() -> dict[str, list[tuple[str, str]]]:
    table = {}
    for line in FILLERS_TEXT.strip().splitlines():
        name, pairs = line.split(": ", 1)
        table[name] = [(en, es) for en, es in (pair.strip().split("=") for pair in pairs.split(";"))]
    return table


def _frames() -> list[Frame]:
    frames = []
    for line in FRAMES_TEXT.strip().splitlines():
        if not line.startswith("#"):
            source, target = line.split(" | ")
            frames.append(Frame(source, target, tuple(PLACE.findall(source))))
    return frames


PLACE: Final = re.compile(r"\{(\w+)\}")
FILLER: Final = re.compile(r"<(\w+)>")
FILLERS: Final = _fillers()
FRAMES: Final = _frames()
