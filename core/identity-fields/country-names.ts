// ISO 3166-1: alpha-2, alpha-3, then the English name and the names senders commonly use, folded to a-z. Kosovo has the
// user-assigned code that telephone and payment systems use. One text that is searched as it is: a map of 800 entries
// takes a millisecond to build, and names are looked up rarely. Each line begins and ends with a space.
export const COUNTRY_NAMES = `
 AD AND andorra 
 AE ARE unitedarabemirates uae emirates 
 AF AFG afghanistan 
 AG ATG antiguaandbarbuda 
 AI AIA anguilla 
 AL ALB albania 
 AM ARM armenia 
 AO AGO angola 
 AQ ATA antarctica 
 AR ARG argentina 
 AS ASM americansamoa 
 AT AUT austria osterreich 
 AU AUS australia 
 AW ABW aruba 
 AX ALA alandislands 
 AZ AZE azerbaijan 
 BA BIH bosniaandherzegovina 
 BB BRB barbados 
 BD BGD bangladesh 
 BE BEL belgium belgie belgique belgien 
 BF BFA burkinafaso 
 BG BGR bulgaria 
 BH BHR bahrain 
 BI BDI burundi 
 BJ BEN benin 
 BL BLM saintbarthelemy 
 BM BMU bermuda 
 BN BRN brunei 
 BO BOL bolivia 
 BQ BES caribbeannetherlands 
 BR BRA brazil brasil 
 BS BHS bahamas 
 BT BTN bhutan 
 BV BVT bouvetisland 
 BW BWA botswana 
 BY BLR belarus 
 BZ BLZ belize 
 CA CAN canada 
 CC CCK cocoskeelingislands 
 CD COD congokinshasa drcongo democraticrepublicofthecongo 
 CF CAF centralafricanrepublic 
 CG COG congobrazzaville congo republicofthecongo 
 CH CHE switzerland schweiz suisse svizzera 
 CI CIV cotedivoire ivorycoast 
 CK COK cookislands 
 CL CHL chile 
 CM CMR cameroon 
 CN CHN china 
 CO COL colombia 
 CR CRI costarica 
 CU CUB cuba 
 CV CPV capeverde 
 CW CUW curacao 
 CX CXR christmasisland 
 CY CYP cyprus 
 CZ CZE czechia czechrepublic cesko ceskarepublika 
 DE DEU germany deutschland allemagne alemania 
 DJ DJI djibouti 
 DK DNK denmark danmark danemark 
 DM DMA dominica 
 DO DOM dominicanrepublic 
 DZ DZA algeria 
 EC ECU ecuador 
 EE EST estonia eesti 
 EG EGY egypt 
 EH ESH westernsahara 
 ER ERI eritrea 
 ES ESP spain espana espagne spanien 
 ET ETH ethiopia 
 FI FIN finland suomi finnland 
 FJ FJI fiji 
 FK FLK falklandislands 
 FM FSM micronesia 
 FO FRO faroeislands 
 FR FRA france frankreich francia 
 GA GAB gabon 
 GB GBR unitedkingdom greatbritain britain england scotland wales northernireland 
 GD GRD grenada 
 GE GEO georgia 
 GF GUF frenchguiana 
 GG GGY guernsey 
 GH GHA ghana 
 GI GIB gibraltar 
 GL GRL greenland 
 GM GMB gambia 
 GN GIN guinea 
 GP GLP guadeloupe 
 GQ GNQ equatorialguinea 
 GR GRC greece hellas griechenland 
 GS SGS southgeorgiaandsouthsandwichislands 
 GT GTM guatemala 
 GU GUM guam 
 GW GNB guineabissau 
 GY GUY guyana 
 HK HKG hongkong 
 HM HMD heardandmcdonaldislands 
 HN HND honduras 
 HR HRV croatia hrvatska 
 HT HTI haiti 
 HU HUN hungary magyarorszag ungarn 
 ID IDN indonesia 
 IE IRL ireland eire republicofireland 
 IL ISR israel 
 IM IMN isleofman 
 IN IND india 
 IO IOT britishindianoceanterritory 
 IQ IRQ iraq 
 IR IRN iran 
 IS ISL iceland island 
 IT ITA italy italia italien 
 JE JEY jersey 
 JM JAM jamaica 
 JO JOR jordan 
 JP JPN japan 
 KE KEN kenya 
 KG KGZ kyrgyzstan 
 KH KHM cambodia 
 KI KIR kiribati 
 KM COM comoros 
 KN KNA saintkittsandnevis 
 KP PRK northkorea 
 KR KOR southkorea korea republicofkorea 
 KW KWT kuwait 
 KY CYM caymanislands 
 KZ KAZ kazakhstan 
 LA LAO laos 
 LB LBN lebanon 
 LC LCA saintlucia 
 LI LIE liechtenstein 
 LK LKA srilanka 
 LR LBR liberia 
 LS LSO lesotho 
 LT LTU lithuania lietuva 
 LU LUX luxembourg luxemburg 
 LV LVA latvia latvija 
 LY LBY libya 
 MA MAR morocco 
 MC MCO monaco 
 MD MDA moldova 
 ME MNE montenegro 
 MF MAF saintmartin 
 MG MDG madagascar 
 MH MHL marshallislands 
 MK MKD northmacedonia macedonia 
 ML MLI mali 
 MM MMR myanmarburma burma 
 MN MNG mongolia 
 MO MAC macao macau 
 MP MNP northernmarianaislands 
 MQ MTQ martinique 
 MR MRT mauritania 
 MS MSR montserrat 
 MT MLT malta 
 MU MUS mauritius 
 MV MDV maldives 
 MW MWI malawi 
 MX MEX mexico 
 MY MYS malaysia 
 MZ MOZ mozambique 
 NA NAM namibia 
 NC NCL newcaledonia 
 NE NER niger 
 NF NFK norfolkisland 
 NG NGA nigeria 
 NI NIC nicaragua 
 NL NLD netherlands nederland holland thenetherlands niederlande 
 NO NOR norway norge norwegen 
 NP NPL nepal 
 NR NRU nauru 
 NU NIU niue 
 NZ NZL newzealand 
 OM OMN oman 
 PA PAN panama 
 PE PER peru 
 PF PYF frenchpolynesia 
 PG PNG papuanewguinea 
 PH PHL philippines 
 PK PAK pakistan 
 PL POL poland polska polen 
 PM SPM saintpierreandmiquelon 
 PN PCN pitcairnislands 
 PR PRI puertorico 
 PS PSE palestinianterritories palestine 
 PT PRT portugal 
 PW PLW palau 
 PY PRY paraguay 
 QA QAT qatar 
 RE REU reunion 
 RO ROU romania 
 RS SRB serbia 
 RU RUS russia russianfederation 
 RW RWA rwanda 
 SA SAU saudiarabia 
 SB SLB solomonislands 
 SC SYC seychelles 
 SD SDN sudan 
 SE SWE sweden sverige schweden 
 SG SGP singapore 
 SH SHN sainthelena 
 SI SVN slovenia slovenija 
 SJ SJM svalbardandjanmayen 
 SK SVK slovakia slovensko 
 SL SLE sierraleone 
 SM SMR sanmarino 
 SN SEN senegal 
 SO SOM somalia 
 SR SUR suriname 
 SS SSD southsudan 
 ST STP saotomeandprincipe 
 SV SLV elsalvador 
 SX SXM sintmaarten 
 SY SYR syria 
 SZ SWZ eswatini swaziland 
 TC TCA turksandcaicosislands 
 TD TCD chad 
 TF ATF frenchsouthernterritories 
 TG TGO togo 
 TH THA thailand 
 TJ TJK tajikistan 
 TK TKL tokelau 
 TL TLS timorleste 
 TM TKM turkmenistan 
 TN TUN tunisia 
 TO TON tonga 
 TR TUR turkiye turkey turkei 
 TT TTO trinidadandtobago 
 TV TUV tuvalu 
 TW TWN taiwan 
 TZ TZA tanzania 
 UA UKR ukraine 
 UG UGA uganda 
 UM UMI usoutlyingislands 
 US USA unitedstates unitedstatesofamerica america estadosunidos vereinigtestaaten 
 UY URY uruguay 
 UZ UZB uzbekistan 
 VA VAT vaticancity vatican 
 VC VCT saintvincentandgrenadines 
 VE VEN venezuela 
 VG VGB britishvirginislands 
 VI VIR usvirginislands 
 VN VNM vietnam 
 VU VUT vanuatu 
 WF WLF wallisandfutuna 
 WS WSM samoa 
 XK XKX kosovo 
 YE YEM yemen 
 YT MYT mayotte 
 ZA ZAF southafrica 
 ZM ZMB zambia 
 ZW ZWE zimbabwe 
`
