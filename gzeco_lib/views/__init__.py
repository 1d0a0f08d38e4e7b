"""What a person looks at: words, theme, plots, maps, tables and cards, shared by pages and briefings."""
