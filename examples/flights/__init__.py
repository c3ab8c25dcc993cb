"""The main job: the flights that left New York in 2013, loaded through mapped classes and asked a dozen questions."""
