"""What to take from each section of the World Factbook, best first, and the words a writer would use for it.

A path is `Field` or `Field/part`; where a field holds one value a year, the newest is taken. The label is what an
editor reads and the aliases are what a draft may say instead, which is how a score recognises a fact that is there
in other words. Shape says how the value is read: a number, a list of things, a date, or a person in office.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple

RATE = ("growth", "grew", "rose", "fell", "declined")


@dataclass(frozen=True)
class Field:
    path: str
    label: str
    aliases: Tuple[str, ...]
    shape: str = "number"


@dataclass(frozen=True)
class Section:
    slug: str
    name: str  # the Factbook's own heading
    topic: str
    overview: str  # the field whose text becomes the source
    fields: Tuple[Field, ...]


def number(path: str, label: str, *aliases: str) -> Field:
    return Field(path, label, aliases)


def listing(path: str, label: str, *aliases: str) -> Field:
    return Field(path, label, aliases, "list")


SECTIONS = (
    Section("economy", "Economy", "the economy", "Economic overview", (
        number("Real GDP growth rate", "Economic growth", *RATE),
        number("GDP (official exchange rate)", "GDP", "economy", "output", "gross domestic product"),
        number("Unemployment rate", "Unemployment rate", "unemployment", "jobless", "out of work"),
        number("Inflation rate (consumer prices)", "Inflation", "prices", "consumer prices", "cost of living"),
        number("Real GDP per capita", "GDP per head", "per person", "per capita", "income"),
        listing("Exports - commodities", "Main exports", "exports", "sells abroad", "exported goods"),
        number("Industrial production growth rate", "Industrial production growth", "industry", *RATE),
        number("Current account balance", "Current account balance", "current account", "surplus", "deficit"),
        number("Labor force", "Labour force", "workers", "workforce"),
        listing("Industries", "Main industries", "industry", "factories", "manufacturing"),
        listing("Agricultural products", "Farm products", "farming", "crops", "farms"),
    )),
    Section("trade", "Economy", "trade and public money", "Economic overview", (
        number("Exports", "Value of exports", "exports", "sold abroad", "exported"),
        number("Imports", "Value of imports", "imports", "bought abroad", "imported"),
        listing("Exports - partners", "Main export partners", "trading partners", "customers", "buyers"),
        listing("Imports - commodities", "Main imports", "imports", "buys abroad", "imported goods"),
        number("Budget/revenues", "Government revenue", "revenue", "income", "takes in"),
        number("Budget/expenditures", "Government spending", "spending", "expenditure", "spends"),
        number("Public debt", "Public debt", "debt", "owes", "borrowing"),
        number("Reserves of foreign exchange and gold", "Foreign reserves", "reserves", "gold", "foreign exchange"),
        listing("Imports - partners", "Main import partners", "suppliers", "trading partners"),
        number("Taxes and other revenues", "Tax revenue", "taxes", "tax take"),
        number("GDP - composition, by sector of origin/services", "Services' share of the economy", "services", "service sector"),
        number("GDP - composition, by sector of origin/agriculture", "Farming's share of the economy", "agriculture", "farming"),
    )),
    Section("people", "People and Society", "people and society", "Population distribution", (
        number("Population/total", "Population", "people", "inhabitants", "residents"),
        number("Population growth rate", "Population growth", *RATE),
        number("Median age/total", "Median age", "age", "half the people", "average age"),
        number("Life expectancy at birth/total population", "Life expectancy", "live", "lifespan", "expected to live"),
        number("Urbanization/urban population", "People living in towns", "urban", "cities", "towns"),
        number("Total fertility rate", "Children per woman", "fertility", "births", "children"),
        listing("Languages", "Languages", "language", "speak", "spoken"),
        listing("Ethnic groups", "Ethnic groups", "ethnic", "groups", "descent"),
        number("Net migration rate", "Net migration", "migration", "migrants", "leave", "arrive"),
        number("Birth rate", "Birth rate", "births", "born"),
        number("Physician density", "Doctors", "physicians", "doctors per person"),
        number("Literacy/total population", "Literacy", "read and write", "literate"),
        listing("Religions", "Religions", "religion", "faith", "believers"),
        number("Tobacco use/total", "Tobacco use", "smokers", "smoke"),
    )),
    Section("geography", "Geography", "land and climate", "Location", (
        number("Area/total", "Area", "covers", "size", "land"),
        listing("Climate", "Climate", "weather", "seasons", "temperatures"),
        listing("Terrain", "Terrain", "landscape", "land", "countryside"),
        listing("Elevation/highest point", "Highest point", "highest", "peak", "mountain"),
        number("Coastline", "Coastline", "coast", "shore", "sea"),
        number("Land boundaries/total", "Land borders", "borders", "frontier", "boundary"),
        number("Land use/forest", "Forest", "forests", "woodland", "wooded"),
        number("Land use/agricultural land", "Farmland", "agricultural land", "farming", "farms"),
        listing("Natural resources", "Natural resources", "resources", "minerals", "raw materials"),
        number("Elevation/mean elevation", "Average height", "elevation", "altitude", "above sea level"),
        listing("Natural hazards", "Natural hazards", "hazards", "dangers", "disasters"),
        listing("Area - comparative", "Size compared", "as large as", "the size of"),
    )),
    Section("government", "Government", "how it is governed", "", (
        listing("Capital/name", "Capital", "capital city", "seat of government"),
        Field("Independence", "Independence", ("independent", "became independent", "freedom"), "date"),
        listing("Government type", "Form of government", "government", "republic", "monarchy", "system"),
        Field("Executive branch/chief of state", "Head of state", ("president", "monarch", "king", "queen"), "person"),
        Field("Executive branch/head of government", "Head of government", ("prime minister", "premier", "leader"), "person"),
        listing("Legislative branch/legislature name", "Parliament", "legislature", "assembly", "lawmakers"),
        number("Legislative branch/number of seats", "Seats in parliament", "seats", "members", "deputies"),
        number("Legislative branch - lower chamber/number of seats", "Seats in the lower chamber", "seats", "members", "deputies"),
        number("Legislative branch/percentage of women in chamber", "Women in parliament", "women", "female members"),
        number("Legislative branch - lower chamber/percentage of women in chamber", "Women in the lower chamber", "women", "female members"),
        Field("National holiday", "National holiday", ("holiday", "celebrates", "national day"), "holiday"),
        listing("National color(s)", "National colours", "colours", "flag"),
        listing("National symbol(s)", "National symbol", "symbol", "emblem"),
        number("National heritage/total World Heritage Sites", "World Heritage Sites", "heritage", "heritage sites"),
    )),
    Section("energy", "Energy", "energy", "", (
        number("Electricity/consumption", "Electricity used", "electricity", "power consumption", "consumes"),
        number("Electricity generation sources/fossil fuels", "Power from fossil fuels", "fossil fuels", "coal and gas"),
        number("Electricity generation sources/solar", "Power from the sun", "solar", "solar power"),
        number("Electricity generation sources/wind", "Power from wind", "wind", "wind power"),
        number("Electricity generation sources/hydroelectricity", "Power from water", "hydroelectric", "hydropower", "dams"),
        number("Electricity generation sources/nuclear", "Power from nuclear plants", "nuclear", "reactors"),
        number("Electricity access/electrification - total population", "People with electricity", "electrified", "access to electricity"),
        number("Electricity/installed generating capacity", "Generating capacity", "capacity", "power stations"),
        number("Petroleum/total petroleum production", "Oil production", "oil", "petroleum", "barrels"),
        number("Petroleum/refined petroleum consumption", "Oil used", "petroleum", "fuel", "barrels"),
        number("Natural gas/production", "Gas production", "natural gas", "gas"),
        number("Natural gas/consumption", "Gas used", "natural gas", "gas"),
        number("Electricity/imports", "Electricity bought abroad", "imports", "imported power"),
        number("Energy consumption per capita", "Energy used per person", "energy", "per head"),
    )),
    Section("communications", "Communications", "telephones and the internet", "Broadcast media", (
        number("Internet users/percent of population", "Internet users", "online", "use the internet", "internet"),
        number("Telephones - mobile cellular/total subscriptions", "Mobile phones", "mobile", "mobile subscriptions", "phones"),
        number("Telephones - mobile cellular/subscriptions per 100 inhabitants", "Mobile phones per 100 people", "mobile", "phones"),
        number("Broadband - fixed subscriptions/total", "Broadband connections", "broadband", "fixed internet"),
        number("Telephones - fixed lines/total subscriptions", "Fixed telephone lines", "landlines", "fixed lines"),
        number("Broadband - fixed subscriptions/subscriptions per 100 inhabitants", "Broadband per 100 people", "broadband", "connections"),
        number("Telephones - fixed lines/subscriptions per 100 inhabitants", "Fixed lines per 100 people", "landlines", "fixed lines"),
        listing("Internet country code", "Internet country code", "domain", "web addresses"),
    )),
    Section("transport", "Transportation", "transport", "", (
        number("Railways/total", "Railways", "railway", "rail network", "tracks"),
        number("Airports", "Airports", "airfields", "airport"),
        number("Ports/total ports", "Ports", "harbours", "port"),
        listing("Ports/key ports", "Main ports", "harbours", "port"),
        number("Merchant marine/total", "Merchant ships", "ships", "merchant fleet", "vessels"),
        number("Heliports", "Heliports", "helicopters", "helipads"),
        number("Roadways/total", "Roads", "road network", "highways"),
        number("Waterways", "Waterways", "rivers", "canals"),
        number("Railways/standard gauge", "Standard-gauge track", "standard gauge", "rails"),
        listing("Merchant marine/by type", "Kinds of ships", "fleet", "ships"),
        listing("Civil aircraft registration country code prefix", "Aircraft registration prefix", "aircraft", "registration"),
    )),
    Section("environment", "Environment", "the environment", "Environmental issues", (
        number("Carbon dioxide emissions/total emissions", "Carbon dioxide emissions", "carbon dioxide", "emissions", "emits"),
        number("Waste and recycling/percent of municipal solid waste recycled", "Waste recycled", "recycling", "recycles"),
        number("Land use/forest", "Forest", "forests", "woodland", "wooded"),
        number("Waste and recycling/municipal solid waste generated annually", "Household waste", "waste", "rubbish"),
        number("Particulate matter emissions", "Fine dust in the air", "air pollution", "particles"),
        number("Total renewable water resources", "Renewable water", "water", "fresh water"),
        number("Urbanization/rate of urbanization", "Growth of towns", "urbanisation", *RATE[:3]),
        number("Total water withdrawal/agricultural", "Water used by farms", "irrigation", "farm water"),
        number("Total water withdrawal/municipal", "Water used by towns", "drinking water", "households"),
        listing("Environmental issues", "Main problems", "problems", "threats", "pollution"),
    )),
)
