"""Which words in a file name stand for which room?

As people and agencies write them in English, German, French, Spanish, Italian, Dutch and Portuguese. Not in the table
are words that name other things as often: a *studio* is a photographer's too, a *hall* a street's.
"""

from collections.abc import Mapping

ROOM_NAMES: Mapping[str, tuple[str, ...]] = {
    "living_room": (
        "living", "living room", "lounge", "sitting room", "great room", "front room", "drawing room",
        "wohnzimmer", "wohnbereich", "wohnraum", "stube", "wohn und esszimmer", "wohn-esszimmer",
        "salon", "séjour", "salle de séjour", "pièce à vivre",
        "sala", "salón", "sala de estar", "cuarto de estar", "estancia",
        "soggiorno", "salotto", "woonkamer", "zitkamer", "sala de visitas",
    ),
    "bedroom": (
        "bedroom", "bed", "bedrm", "bdrm", "master bedroom", "master bed", "primary bedroom", "main bedroom",
        "guest room", "guest bedroom", "master suite", "primary suite",
        "schlafzimmer", "hauptschlafzimmer", "elternschlafzimmer", "gästezimmer", "schlafraum",
        "chambre", "chambre d'amis", "chambre parentale", "chambre à coucher",
        "dormitorio", "habitación", "alcoba", "recámara", "dormitorio principal", "habitación de invitados",
        "camera da letto", "camera matrimoniale", "slaapkamer", "logeerkamer", "quarto", "dormitório", "suíte",
    ),
    "kitchen": (
        "kitchen", "kitchenette", "küche", "einbauküche", "kochbereich", "kochnische", "cuisine", "coin cuisine",
        "cocina", "cucina", "angolo cottura", "keuken", "cozinha",
    ),
    "dining_room": (
        "dining", "dining room", "dining area", "breakfast room", "breakfast nook",
        "esszimmer", "essbereich", "speisezimmer", "salle à manger", "coin repas",
        "comedor", "sala da pranzo", "eetkamer", "eethoek", "sala de jantar",
    ),
    "bathroom": (
        "bathroom", "bath", "bathrm", "master bath", "master bathroom", "ensuite", "en suite", "ensuite bathroom",
        "shower room", "powder room", "half bath", "toilet", "wc", "restroom", "guest bathroom",
        "bad", "badezimmer", "gästebad", "duschbad", "gäste wc", "toilette", "hauptbad",
        "salle de bain", "salle de bains", "salle d'eau", "toilettes",
        "baño", "cuarto de baño", "aseo", "bagno", "badkamer", "banheiro", "casa de banho",
    ),
    "home_office": (
        "office", "home office", "study", "study room", "workspace", "arbeitszimmer", "büro", "homeoffice",
        "bureau", "despacho", "oficina", "ufficio", "werkkamer", "kantoor", "escritório",
    ),
    "nursery": (
        "nursery", "baby room", "baby's room", "babyzimmer", "chambre bébé", "chambre de bébé",
        "cuarto del bebé", "habitación del bebé", "cameretta neonato", "babykamer", "quarto do bebê",
    ),
    "kids_room": (
        "kids room", "kid room", "kids bedroom", "kid's room", "children's room", "childrens room", "child's room",
        "children's bedroom", "childrens bedroom", "playroom", "play room", "teen room",
        "kinderzimmer", "jugendzimmer", "spielzimmer", "chambre d'enfant", "chambre d'enfants", "chambre enfant",
        "chambre enfants", "salle de jeux", "habitación infantil", "dormitorio infantil", "cuarto de los niños",
        "cameretta", "kinderkamer", "speelkamer", "quarto infantil",
    ),
    "entryway": (
        "entryway", "entry", "entrance", "entrance hall", "foyer", "hallway", "mudroom", "mud room", "vestibule",
        "flur", "diele", "eingang", "eingangsbereich", "windfang", "entrée", "couloir",
        "entrada", "recibidor", "vestíbulo", "pasillo", "ingresso", "corridoio", "inkomhal", "gang",
    ),
    "basement": (
        "basement", "cellar", "lower level", "keller", "kellerraum", "hobbykeller", "untergeschoss", "sous-sol",
        "sótano", "bodega", "cantina", "seminterrato", "kelder", "porão",
    ),
    "laundry_room": (
        "laundry", "laundry room", "utility room", "utility", "waschküche", "waschraum", "hauswirtschaftsraum",
        "buanderie", "lavandería", "cuarto de lavado", "lavanderia", "bijkeuken", "wasruimte",
    ),
    "family_room": (
        "family room", "rec room", "recreation room", "bonus room", "tv room", "media room",
        "familienzimmer", "salle familiale", "sala familiar", "sala de familia",
    ),
    "studio_apartment": (
        "studio apartment", "studio flat", "bedsit", "einzimmerwohnung", "einzimmerapartment",
        "appartement studio", "monoambiente", "apartamento estudio", "monolocale", "kitnet",
    ),
    "home_gym": (
        "gym", "home gym", "fitness", "fitness room", "workout room", "exercise room", "fitnessraum",
        "trainingsraum", "sportraum", "salle de sport", "gimnasio", "palestra", "fitnessruimte",
    ),
    "outdoor_patio": (
        "patio", "outdoor patio", "terrace", "deck", "porch", "veranda", "balcony", "rooftop", "roof terrace",
        "terrasse", "balkon", "dachterrasse", "loggia", "wintergarten",
        "balcon", "véranda", "terraza", "balcón", "porche", "terrazza", "balcone", "terras", "varanda", "terraço",
    ),
}  # fmt: skip
