"""How agents head their columns in Hindi, in Latin letters as they type it and in Devanagari.

By our header. A word that may as well mean something else is not here: `Rashi` is an amount and a sign of the zodiac,
`Gram` a village and a weight of gold, `Pita/Pati` two people. An officer is asked about those.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

NAMES: Mapping[str, str] = MappingProxyType(
    {
        "Partner reference": "Sandarbh Sankhya, Avedan No, Aavedan No, Avedan Sankhya, Aavedan Sankhya, संदर्भ संख्या,"
        " सन्दर्भ संख्या, आवेदन संख्या, आवेदन क्रमांक, आवेदन नंबर",
        "Mobile": "Mobile Nambar, Contact Nambar, Mobile Sankhya, Mobail, Mobail No, Mobail Number, Mobail Nambar,"
        " Phone Nambar, Phon, Phon No, Phon Number, Phon Nambar, Fon, Fon No, Fon Number, Fon Nambar, Sampark,"
        " Sampark No, Sampark Number, Sampark Nambar, Sampark Sankhya, मोबाईल, मोबाइल नंबर, मोबाइल नम्बर, मोबाइल नं,"
        " मोबाइल संख्या, मोबाईल नंबर, मोबाईल नम्बर, मोबाईल नं, मोबाईल संख्या, फोन, फोन नंबर, फोन नम्बर, फोन नं,"
        " संपर्क, सम्पर्क, संपर्क नंबर, सम्पर्क नंबर, संपर्क सूत्र, सम्पर्क सूत्र",
        "Name": "Naam, Nam, Pura Naam, Poora Naam, Pura Nam, Grahak, Grahak Naam, Grahak Ka Naam, Customer Ka Naam,"
        " Avedak, Aavedak, Avedak Naam, Aavedak Naam, Avedak Ka Naam, Aavedak Ka Naam, Applicant Ka Naam, पूरा नाम,"
        " ग्राहक, ग्राहक नाम, ग्राहक का नाम, आवेदक, आवेदक नाम, आवेदक का नाम, उधारकर्ता का नाम",
        "First name": "Pehla Naam, Pahla Naam, पहला नाम, प्रथम नाम",
        "Middle name": "Madhya Naam, मध्य नाम",
        "Last name": "Upnaam, Antim Naam, उपनाम, अंतिम नाम, अन्तिम नाम, कुलनाम",
        "Gender": "Ling",
        "Date of birth": "Janm Tithi, Janam Tithi, Janma Tithi, Janm Tarikh, Janam Tarikh, Janm Dinank, Janam Dinank,"
        " DOB Tarikh, जन्म तिथि, जन्म तारीख, जन्म दिनांक, जनम तिथि, जनम तारीख",
        "Place of birth": "Janm Sthan, Janam Sthan, जन्म स्थान",
        "Nationality": "Rashtriyata, राष्ट्रीयता",
        "Father's name": "Pita, Pita Naam, Pita Ka Naam, Pita Ji Ka Naam, Father Ka Naam, Father Naam, पिता, पिता नाम,"
        " पिता का नाम, पिता जी का नाम",
        "E-mail": "ईमेल, ई-मेल, इमेल, ईमेल आईडी, ई-मेल आईडी",
        "PAN": "Pan Nambar, Pan Sankhya, Pan Card Nambar, पैन, पैन नंबर, पैन नम्बर, पैन नं, पैन संख्या, पैन कार्ड,"
        " पैन कार्ड नंबर, पैन कार्ड नम्बर, पैन कार्ड संख्या",
        "GSTIN": "GST Nambar, जीएसटी, जीएसटी नंबर, जीएसटी नम्बर, जीएसटी संख्या, जीएसटीआईएन",
        "Monthly income": "Masik Aay, Maasik Aay, Mahine Ki Aay, Masik Aamdani, Masik Vetan, Maasik Vetan, मासिक आय,"
        " मासिक आमदनी, मासिक वेतन",
        "Monthly expenses": "Masik Kharch, Masik Kharcha, Maasik Kharch, मासिक खर्च, मासिक खर्चा, मासिक व्यय",
        "Employer": "Niyokta, नियोक्ता",
        "Address": "Pata, Pura Pata, Poora Pata, Ghar Ka Pata, Vartaman Pata, Address Pata, पूरा पता, घर का पता,"
        " वर्तमान पता, निवास का पता",
        "House no": "Makan No, Makan Number, Makan Nambar, Makan Sankhya, Ghar No, Ghar Number, Ghar Nambar, मकान नंबर,"
        " मकान नम्बर, मकान नं, मकान संख्या, घर नंबर, घर नम्बर",
        "Street": "Gali, Sadak, गली, सड़क",
        "Locality": "Gaon, Gaanv, Gav, Ilaka, Muhalla, मोहल्ला, मुहल्ला, गांव, गाँव, ग्राम, इलाका, कॉलोनी, कालोनी",
        "City": "Sheher, Shehar, Shahar, Shahr, Shaher",
        "District": "Zila, Zilla, Jila, Jilla, Janpad, जिला, ज़िला, जनपद",
        "State": "Rajya, Pradesh, प्रदेश",
        "Pincode": "Pin Kod, Pincod, Pin Nambar, पिन, पिन नंबर, पिन नम्बर",
        "Country": "Desh, देश",
        "Account number": "Khata No, Khata Number, Khata Nambar, Khata Sankhya, Khaata No, Khaata Number, Khaata"
        " Nambar, Khaata Sankhya, Account Nambar, Bank Khata, Bank Khata No, Bank Khata Number, Bank Khata Nambar,"
        " Bank Khata Sankhya, खाता नंबर, खाता नम्बर, खाता नं, खाता संख्या, खाता क्रमांक, बैंक खाता, बैंक खाता नंबर, बैंक खाता नम्बर,"
        " बैंक खाता संख्या",
        "Account holder": "Khata Dharak, Khata Dharak Ka Naam, खाता धारक, खाता धारक का नाम, खाता धारक नाम",
        "Account type": "Khata Prakar, Khate Ka Prakar, खाता प्रकार, खाते का प्रकार",
        "IFSC": "IFSC Kod, आईएफएससी, आईएफएससी कोड, आई एफ एस सी कोड",
        "Loan amount": "Rakam, Loan Rakam, Loan Rashi, Loan Ki Rakam, Loan Ki Rashi, Rin Rashi, Karz Rashi, Karj Rashi,"
        " रकम, लोन रकम, लोन राशि, लोन की राशि, ऋण राशि, ऋण की राशि, कर्ज राशि",
        "Loan tenure": "Loan Avadhi, Loan Ki Avadhi, Rin Avadhi, लोन अवधि, लोन की अवधि, ऋण अवधि, ऋण की अवधि",
        "Loan purpose": "Uddeshya, Loan Ka Uddeshya, Rin Ka Uddeshya, उद्देश्य, लोन का उद्देश्य, ऋण का उद्देश्य",
        "Remarks": "Tippani, टिप्पणी, रिमार्क, अभ्युक्ति",
    }
)
COUNTERS = (
    *("Kram", "Kram Sankhya", "Kramank", "क्रम", "क्रम संख्या", "क्रमांक", "क्र. सं.", "क्र.", "स. क्र."),
    *("Bank Ka Naam", "बैंक का नाम", "बैंक नाम"),
)
"""Counters, and the bank's name, which the IFSC tells."""
